import * as tf from '@tensorflow/tfjs';

type Shape4D = [number, number, number, number];

/** The attributes of a convolution's two gradient operations, as far as they set its geometry. */
export interface ConvAttrs {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dilations?: number | [number, number];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** One spatial axis of a convolution: output `o` reads input `o * stride - pad + k * dilation` for each tap `k`. */
export interface Axis {
  readonly input: number;
  readonly output: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  /** Before the first input; the end follows from the sizes. */
  readonly pad: number;
}

export interface ConvGeometry {
  readonly batch: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly rows: Axis;
  readonly columns: Axis;
}

/** @param filterShape `[height, width, inputs, outputs]`, for depthwise `[height, width, channels, multiplier]` */
export function convGeometry(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvAttrs,
  depthwise = false,
): ConvGeometry {
  if (attrs.dataFormat === 'NCHW') throw new Error('the wasm engine knows the layout NHWC only');
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as Shape4D,
    filterShape as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
  );
  return { ...axes(info), inputChannels: info.inChannels, outputChannels: info.outChannels };
}

/** The attributes of a pooling operation. */
export interface PoolAttrs {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export function poolGeometry(inputShape: readonly number[], attrs: PoolAttrs): ConvGeometry {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = inputShape as Shape4D;
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return { ...axes(info), inputChannels: info.inChannels, outputChannels: info.outChannels };
}

function axes(info: tf.backend_util.Conv2DInfo): Pick<ConvGeometry, 'batch' | 'rows' | 'columns'> {
  return {
    batch: info.batchSize,
    rows: {
      input: info.inHeight,
      output: info.outHeight,
      taps: info.filterHeight,
      stride: info.strideHeight,
      dilation: info.dilationHeight,
      pad: info.padInfo.top,
    },
    columns: {
      input: info.inWidth,
      output: info.outWidth,
      taps: info.filterWidth,
      stride: info.strideWidth,
      dilation: info.dilationWidth,
      pad: info.padInfo.left,
    },
  };
}

/** The outputs `[first, end)` of an axis that a tap reads inside the input, not in its padding. */
export function outputsInside(axis: Axis, tap: number): readonly [first: number, end: number] {
  const shift = axis.pad - tap * axis.dilation;
  const first = clamp(Math.ceil(shift / axis.stride), axis.output);
  const end = clamp(Math.floor((axis.input - 1 + shift) / axis.stride) + 1, axis.output);
  return [first, Math.max(first, end)];
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
