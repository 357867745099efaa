/** How far the windows of a convolution or a pooling reach over an image's edges. */
import * as tf from '@tensorflow/tfjs';

type Shape4D = [number, number, number, number];

interface WindowAttrs {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export interface ConvAttrs extends WindowAttrs {
  readonly dilations?: number | [number, number];
  readonly dataFormat?: 'NHWC' | 'NCHW';
}

export interface PoolAttrs extends WindowAttrs {
  readonly filterSize: number | [number, number];
}

/** Along one axis. */
export interface Windows {
  readonly input: number;
  readonly output: number;
  /** Positions that a window spans, dilation included. */
  readonly span: number;
  readonly stride: number;
  /** Positions that the first window reads before the image. */
  readonly before: number;
  /** Positions that the last window reads after the image; negative where it ends before the image does. */
  readonly after: number;
}

export interface WindowGrid {
  readonly rows: Windows;
  readonly columns: Windows;
  /** As TensorFlow.js names it. */
  readonly padding: 'VALID' | 'SAME' | 'NUMBER' | 'EXPLICIT';
}

/**
 * @param inputShape [batch, height, width, channels]
 * @param filterShape [height, width, in, out], of a depthwise one [height, width, channels, multiplier]
 */
export function convGrid(
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, dilations = 1, pad, dimRoundingMode }: ConvAttrs,
  depthwise = false,
): WindowGrid {
  const [input, filter] = [inputShape as Shape4D, filterShape as Shape4D];
  return grid(
    tf.backend_util.computeConv2DInfo(input, filter, strides, dilations, pad, dimRoundingMode, depthwise),
  );
}

export function poolGrid(
  inputShape: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolAttrs,
): WindowGrid {
  const shape = inputShape as Shape4D;
  return grid(tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode));
}

function grid(info: tf.backend_util.Conv2DInfo): WindowGrid {
  const { padInfo } = info;
  return {
    rows: axis(info.inHeight, info.outHeight, info.effectiveFilterHeight, info.strideHeight, padInfo.top),
    columns: axis(info.inWidth, info.outWidth, info.effectiveFilterWidth, info.strideWidth, padInfo.left),
    padding: padInfo.type,
  };
}

function axis(input: number, output: number, span: number, stride: number, before: number): Windows {
  return { input, output, span, stride, before, after: (output - 1) * stride + span - before - input };
}

/** Whether any window reads over an edge. */
export function readsPadding({ rows, columns }: WindowGrid): boolean {
  return [rows, columns].some(({ before, after }) => before > 0 || after > 0);
}

/**
 * For each window of an average pooling, its positions per position inside the image: [1, rows, columns, 1]. The
 * padding takes no part in the average, so this turns an average over all positions into the one that is meant.
 */
export function averageCorrection({ rows, columns }: WindowGrid): tf.Tensor4D {
  const [down, across] = [inside(rows), inside(columns)];
  const values = down.flatMap((y) => across.map((x) => (rows.span * columns.span) / (y * x)));
  return tf.tensor4d(values, [1, rows.output, columns.output, 1]);
}

/** How many positions of each window lie inside the image. */
function inside({ input, output, span, stride, before }: Windows): number[] {
  return Array.from({ length: output }, (_, index) => {
    const start = index * stride - before;
    return Math.min(input, start + span) - Math.max(0, start);
  });
}
