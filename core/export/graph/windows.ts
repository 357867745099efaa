import { biasAndActivation } from './activation.js';
import { ints, text, type Attribute, type GraphBuilder } from './graph.js';
import type { OperationArgs } from './operations.js';
import type { Step } from './trace.js';

/** The least float32: no value of a map is below it, and unlike −∞ every backend can pad with it. */
const lowest = -3.4028234663852886e38;

type Sides = readonly [top: number, bottom: number, left: number, right: number];

interface Windows {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** How many on each side, or as TensorFlow calls it. */
  readonly padding: 'SAME' | 'VALID' | Sides;
}

/** One number stands for both axes. */
function pair(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/** As TensorFlow.js' kernels of convolutions and poolings have them. */
interface WindowAttributes {
  readonly strides: number | readonly [number, number];
  readonly dilations?: number | readonly [number, number] | null;
  readonly pad: 'same' | 'valid' | number | readonly [unknown, [number, number], [number, number], unknown];
  readonly dataFormat?: string;
  readonly dimRoundingMode?: string | null;
  readonly activation?: string | null;
  readonly filterSize?: number | readonly [number, number];
}

/** @throws Error that says why it cannot be exported */
function windowsOf(step: Step): Windows {
  const { strides, dilations, pad, dataFormat = 'NHWC', dimRoundingMode } = attributesFor(step);
  if (dataFormat !== 'NHWC') throw new Error(`its data format is ${dataFormat}`);
  if (typeof pad !== 'string' && (dimRoundingMode ?? 'floor') !== 'floor') {
    throw new Error(`its size is rounded by ${dimRoundingMode}`);
  }
  return { strides: pair(strides), dilations: pair(dilations ?? 1), padding: paddingOf(pad) };
}

function attributesFor({ attributes }: Step): WindowAttributes {
  return attributes as unknown as WindowAttributes;
}

function paddingOf(pad: WindowAttributes['pad']): Windows['padding'] {
  if (pad === 'same') return 'SAME';
  if (pad === 'valid' || pad === 0) return 'VALID';
  if (typeof pad === 'number') return [pad, pad, pad, pad];
  const [, [top, bottom], [left, right]] = pad;
  return [top, bottom, left, right];
}

const perAxis = ([height, width]: readonly [number, number]): Attribute => ints([1, height, width, 1]);

function graphAttributes({ strides, dilations, padding }: Windows): Readonly<Record<string, Attribute>> {
  return {
    strides: perAxis(strides),
    dilations: perAxis(dilations),
    data_format: text('NHWC'),
    ...(typeof padding === 'string'
      ? { padding: text(padding) }
      : { padding: text('EXPLICIT'), explicit_paddings: ints([0, 0, ...padding, 0, 0]) }),
  };
}

export function convolution(args: OperationArgs): string {
  return convolved('Conv2D', args);
}

export function depthwiseConvolution(args: OperationArgs): string {
  return convolved('DepthwiseConv2dNative', args);
}

function convolved(op: string, { step, inputs, graph }: OperationArgs): string {
  const value = graph.add(op, [inputs.x!, inputs.filter!], graphAttributes(windowsOf(step)));
  return biasAndActivation(graph, value, inputs.bias, attributesFor(step).activation);
}

/** TensorFlow.js takes no sizes of padding for a pooling: the map is padded before. */
export function maxPool(args: OperationArgs): string {
  const windows = windowsOf(args.step);
  const { padding } = windows;
  if (typeof padding === 'string') return pool('MaxPool', args, windows, args.inputs.x!);
  return pool('MaxPool', args, { ...windows, padding: 'VALID' }, padded(args.graph, args.inputs.x!, padding));
}

export function averagePool(args: OperationArgs): string {
  const windows = windowsOf(args.step);
  if (typeof windows.padding !== 'string') throw new Error('it is padded');
  return pool('AvgPool', args, windows, args.inputs.x!);
}

function pool(op: string, { step, graph }: OperationArgs, windows: Windows, x: string): string {
  const ksize = perAxis(pair(attributesFor(step).filterSize!));
  return graph.add(op, [x], { ...graphAttributes(windows), ksize });
}

function padded(graph: GraphBuilder, x: string, [top, bottom, left, right]: Sides): string {
  const paddings = graph.constant({
    dtype: 'int32',
    shape: [4, 2],
    data: Int32Array.of(0, 0, top, bottom, left, right, 0, 0),
  });
  return graph.add('PadV2', [x, paddings, graph.number(lowest, 'float32')]);
}
