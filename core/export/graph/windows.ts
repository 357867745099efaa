import { biasAndActivation } from './activation.js';
import { ints, text, type Attribute, type GraphBuilder } from './graph.js';
import type { OperationArgs } from './operations.js';

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
function pair(value: unknown): readonly [number, number] {
  const [height, width] = [value].flat() as [number, number | undefined];
  return [height, width ?? height];
}

/** @throws Error that says why it cannot be exported */
function windowsOf(attributes: Readonly<Record<string, unknown>>): Windows {
  const { strides, dilations, pad, dataFormat = 'NHWC', dimRoundingMode = 'floor' } = attributes;
  if (dataFormat !== 'NHWC') throw new Error(`its data format is ${String(dataFormat)}`);
  const padding = paddingOf(pad);
  if (dimRoundingMode !== null && dimRoundingMode !== 'floor' && typeof padding !== 'string') {
    throw new Error(`its size is rounded by ${String(dimRoundingMode)}`);
  }
  return { strides: pair(strides), dilations: pair(dilations ?? 1), padding };
}

function paddingOf(pad: unknown): Windows['padding'] {
  if (pad === 'same') return 'SAME';
  if (pad === 'valid' || pad === 0) return 'VALID';
  if (typeof pad === 'number') return [pad, pad, pad, pad];
  const [, [top, bottom], [left, right]] = pad as [unknown, [number, number], [number, number], unknown];
  return [top, bottom, left, right];
}

const perAxis = ([height, width]: readonly [number, number]): Attribute => ints([1, height, width, 1]);

function attributesOf({ strides, dilations, padding }: Windows): Readonly<Record<string, Attribute>> {
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

function convolved(op: string, { step: { attributes }, inputs, graph }: OperationArgs): string {
  const value = graph.add(op, [inputs.x!, inputs.filter!], attributesOf(windowsOf(attributes)));
  return biasAndActivation(graph, value, inputs.bias, attributes.activation);
}

/** TensorFlow.js takes no sizes of padding for a pooling: the map is padded before. */
export function maxPool(args: OperationArgs): string {
  const windows = windowsOf(args.step.attributes);
  const { padding } = windows;
  if (typeof padding === 'string') return pool('MaxPool', args, windows, args.inputs.x!);
  return pool('MaxPool', args, { ...windows, padding: 'VALID' }, padded(args.graph, args.inputs.x!, padding));
}

export function averagePool(args: OperationArgs): string {
  const windows = windowsOf(args.step.attributes);
  if (typeof windows.padding !== 'string') throw new Error('it is padded');
  return pool('AvgPool', args, windows, args.inputs.x!);
}

function pool(op: string, { step, graph }: OperationArgs, windows: Windows, x: string): string {
  return graph.add(op, [x], { ...attributesOf(windows), ksize: perAxis(pair(step.attributes.filterSize)) });
}

function padded(graph: GraphBuilder, x: string, [top, bottom, left, right]: Sides): string {
  const paddings = graph.constant({
    dtype: 'int32',
    shape: [4, 2],
    data: Int32Array.of(0, 0, top, bottom, left, right, 0, 0),
  });
  return graph.add('PadV2', [x, paddings, graph.number(lowest, 'float32')]);
}
