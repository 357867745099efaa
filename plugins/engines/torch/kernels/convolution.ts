import * as tf from '@tensorflow/tfjs';
import { own, type Activated, type Call, type Info, type OwnKernel } from './kernel.js';

type Rounding = 'floor' | 'round' | 'ceil';
type Pad =
  'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
type Shape4D = [number, number, number, number];

interface ConvAttrs {
  readonly strides: [number, number] | number;
  readonly pad: Pad;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  /** tfjs' own gradients have none: it records dilated convolutions without one. */
  readonly dilations?: [number, number] | number | null;
  readonly dimRoundingMode?: Rounding;
}

/** Strides, paddings, dilations and groups as the addon takes them. */
function geometry(
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dilations, dimRoundingMode }: ConvAttrs,
  isDepthwise: boolean,
): [strides: number[], pads: number[], dilations: number[], groups: number] {
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    isDepthwise,
  );
  const { top, bottom, left, right } = info.padInfo;
  return [
    [info.strideHeight, info.strideWidth],
    [top, bottom, left, right],
    [info.dilationHeight, info.dilationWidth],
    isDepthwise ? info.inChannels : 1,
  ];
}

/** ATen counts windows as `floor` does, which is tfjs' default. */
function accepts({ attrs }: Call<unknown, ConvAttrs>): boolean {
  return attrs.dataFormat !== 'NCHW' && (attrs.dimRoundingMode ?? 'floor') === 'floor';
}

interface ForwardInputs {
  readonly x: Info;
  readonly filter: Info;
  readonly bias?: Info;
  readonly preluActivationWeights?: Info;
}

function forward(name: string, isDepthwise: boolean): OwnKernel {
  return own<ForwardInputs, ConvAttrs & Activated>(
    name,
    ({ inputs: { x, filter, bias, preluActivationWeights }, attrs, backend }) =>
      backend.one(
        'conv2d',
        backend.slot(x),
        backend.slot(filter),
        backend.slot(bias),
        ...geometry(x.shape, filter.shape, attrs, isDepthwise),
        attrs.activation ?? 'linear',
        backend.slot(preluActivationWeights),
        attrs.leakyreluAlpha ?? 0,
      ),
    accepts,
  );
}

function inputGradient(name: string, isDepthwise: boolean): OwnKernel {
  return own<{ dy: Info; filter: Info }, ConvAttrs & { inputShape: Shape4D }>(
    name,
    ({ inputs: { dy, filter }, attrs, backend }) =>
      backend.one(
        'conv2dInputGrad',
        backend.slot(dy),
        backend.slot(filter),
        attrs.inputShape,
        ...geometry(attrs.inputShape, filter.shape, attrs, isDepthwise),
      ),
    (call) => accepts(call) && isWhatComes(call.inputs, call.attrs),
  );
}

/** Whether dy has the shape that the forward pass gives: tfjs' transposed convolution lets others through. */
function isWhatComes(
  { dy, filter }: { readonly dy: Info; readonly filter: Info },
  { inputShape, ...attrs }: ConvAttrs & { inputShape: Shape4D },
): boolean {
  const [[rowStep, columnStep], [top, bottom, left, right], [rowDilation, columnDilation]] = geometry(
    inputShape,
    filter.shape,
    attrs,
    false,
  ) as [[number, number], [number, number, number, number], [number, number], number];
  const count = (size: number, padding: number, window: number, step: number, dilation: number): number =>
    Math.floor((size + padding - dilation * (window - 1) - 1) / step) + 1;
  return (
    dy.shape[1] === count(inputShape[1], top + bottom, filter.shape[0]!, rowStep, rowDilation) &&
    dy.shape[2] === count(inputShape[2], left + right, filter.shape[1]!, columnStep, columnDilation)
  );
}

function filterGradient(name: string, isDepthwise: boolean): OwnKernel {
  return own<{ x: Info; dy: Info }, ConvAttrs & { filterShape: Shape4D }>(
    name,
    ({ inputs: { x, dy }, attrs, backend }) =>
      backend.one(
        'conv2dFilterGrad',
        backend.slot(x),
        backend.slot(dy),
        attrs.filterShape,
        ...geometry(x.shape, attrs.filterShape, attrs, isDepthwise),
      ),
    accepts,
  );
}

export const convolutionKernels: readonly OwnKernel[] = [
  forward('Conv2D', false),
  forward('FusedConv2D', false),
  forward('DepthwiseConv2dNative', true),
  forward('FusedDepthwiseConv2D', true),
  inputGradient('Conv2DBackpropInput', false),
  inputGradient('DepthwiseConv2dNativeBackpropInput', true),
  filterGradient('Conv2DBackpropFilter', false),
  filterGradient('DepthwiseConv2dNativeBackpropFilter', true),
];
