import * as tf from '@tensorflow/tfjs';
import { own, type Call, type Info, type OwnKernel } from './kernel.js';

interface PoolAttrs {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Shape4D = [number, number, number, number];

function poolInfo(
  shape: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolAttrs,
): tf.backend_util.Conv2DInfo {
  const dilation = 1;
  return tf.backend_util.computePool2DInfo(
    shape as Shape4D,
    filterSize,
    strides,
    dilation,
    pad,
    dimRoundingMode,
  );
}

/** Size, strides and paddings of the windows as the addon takes them. */
function windows(
  shape: readonly number[],
  attrs: PoolAttrs,
): [size: number[], strides: number[], pads: number[]] {
  const info = poolInfo(shape, attrs);
  const { top, bottom, left, right } = info.padInfo;
  return [
    [info.filterHeight, info.filterWidth],
    [info.strideHeight, info.strideWidth],
    [top, bottom, left, right],
  ];
}

/** To tfjs, a window of one pixel that keeps the image's size is the identity, whatever is padded. */
function changesNothing(shape: readonly number[], attrs: PoolAttrs): boolean {
  const { filterHeight, filterWidth, inShape, outShape } = poolInfo(shape, attrs);
  return filterHeight === 1 && filterWidth === 1 && tf.util.arraysEqual(inShape, outShape);
}

function floors({ attrs }: Call<unknown, PoolAttrs>): boolean {
  return (attrs.dimRoundingMode ?? 'floor') === 'floor';
}

interface ResizeAttrs {
  readonly size: [number, number];
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

function resize(name: string, kernel: string): OwnKernel[] {
  return [
    own<{ images: Info }, ResizeAttrs>(name, ({ inputs: { images }, attrs, backend }) =>
      backend.one(kernel, backend.slot(images), attrs.size, attrs.alignCorners, attrs.halfPixelCenters),
    ),
    own<{ images: Info; dy: Info }, ResizeAttrs>(
      `${name}Grad`,
      ({ inputs: { images, dy }, attrs, backend }) =>
        backend.one(
          `${kernel}Grad`,
          backend.slot(dy),
          images.shape,
          attrs.alignCorners,
          attrs.halfPixelCenters,
        ),
    ),
  ];
}

/** Pooling and resizing. */
export const imageKernels: readonly OwnKernel[] = [
  own<{ x: Info }, PoolAttrs>(
    'MaxPool',
    ({ inputs: { x }, attrs, backend }) =>
      changesNothing(x.shape, attrs)
        ? backend.share(x, x.shape, x.dtype)
        : backend.one('maxPool', backend.slot(x), ...windows(x.shape, attrs)),
    floors,
  ),
  own<{ dy: Info; input: Info }, PoolAttrs>(
    'MaxPoolGrad',
    ({ inputs: { dy, input }, attrs, backend }) =>
      backend.one('maxPoolGrad', backend.slot(dy), backend.slot(input), ...windows(input.shape, attrs)),
    floors,
  ),
  own<{ x: Info }, PoolAttrs>(
    'AvgPool',
    ({ inputs: { x }, attrs, backend }) =>
      changesNothing(x.shape, attrs)
        ? backend.share(x, x.shape, x.dtype)
        : backend.one('avgPool', backend.slot(x), ...windows(x.shape, attrs)),
    floors,
  ),
  own<{ dy: Info; input: Info }, PoolAttrs>(
    'AvgPoolGrad',
    ({ inputs: { dy, input }, attrs, backend }) =>
      backend.one('avgPoolGrad', backend.slot(dy), backend.slot(input), ...windows(input.shape, attrs)),
    floors,
  ),
  ...resize('ResizeBilinear', 'resizeBilinear'),
  ...resize('ResizeNearestNeighbor', 'resizeNearest'),
];
