import * as tf from '@tensorflow/tfjs';
import { dtypes, type NativeDtype } from '../addon.js';
import { own, type Call, type Info, type OwnKernel } from './kernel.js';

interface X {
  readonly x: Info;
}

/** Inputs that come as a list have their positions for names. */
type List = Readonly<Record<string, Info>>;

function slots({ inputs, backend }: Call<List, unknown>): number[] {
  return Object.values(inputs).map((input) => backend.slot(input));
}

function isEmpty(info: Info): boolean {
  return tf.util.sizeFromShape(info.shape) === 0;
}

interface StridedSliceAttrs {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

function stridedSliceInfo({ inputs: { x }, attrs }: Call<X, StridedSliceAttrs>) {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
  return tf.slice_util.sliceInfo(
    x.shape,
    begin,
    end,
    strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  );
}

/** Values moved about, picked or made; none is computed. */
export const shapeKernels: readonly OwnKernel[] = [
  own<X>('Identity', ({ inputs: { x }, backend }) => backend.share(x, x.shape, x.dtype)),
  own<X, { shape: number[] }>('Reshape', ({ inputs: { x }, attrs, backend }) => {
    const size = tf.util.sizeFromShape(x.shape);
    return backend.one('reshape', backend.slot(x), tf.util.inferFromImplicitShape(attrs.shape, size));
  }),
  own<{ input: Info }, { dim: number }>('ExpandDims', ({ inputs: { input }, attrs, backend }) => {
    const shape = input.shape.slice();
    const axes = shape.length + 1;
    tf.util.assert(attrs.dim >= -axes, () => `Axis must be in the interval [${-axes}, ${axes - 1}]`);
    shape.splice(attrs.dim < 0 ? axes + attrs.dim : attrs.dim, 0, 1);
    return backend.one('reshape', backend.slot(input), shape);
  }),
  own<X, { perm: number[] }>('Transpose', ({ inputs: { x }, attrs, backend }) =>
    backend.one('transpose', backend.slot(x), attrs.perm),
  ),
  own<List, { axis: number }>('Concat', (call) => {
    const { inputs, attrs, backend } = call;
    const first = Object.values(inputs)[0]!;
    return backend.one('concat', slots(call), tf.util.parseAxisParam(attrs.axis, first.shape)[0]!);
  }),
  own<List, { axis: number }>('Pack', (call) => {
    const [first, ...others] = Object.values(call.inputs);
    tf.util.assert(
      others.every(({ dtype }) => dtype === first!.dtype),
      () => 'All tensors passed to stack must have matching dtypes',
    );
    return call.backend.one('stack', slots(call), call.attrs.axis);
  }),
  own<{ value: Info }, { axis: number }>('Unpack', ({ inputs: { value }, attrs, backend }) =>
    backend.many('unstack', backend.slot(value), attrs.axis),
  ),
  own<X, { numOrSizeSplits: number | number[]; axis: number }>(
    'SplitV',
    ({ inputs: { x }, attrs, backend }) => {
      const [axis] = tf.util.parseAxisParam(attrs.axis, x.shape);
      const sizes = tf.backend_util.prepareSplitSize(x, attrs.numOrSizeSplits, axis);
      return backend.many('split', backend.slot(x), sizes, axis!);
    },
  ),
  own<X, { begin: number | number[]; size: number | number[] }>(
    'Slice',
    ({ inputs: { x }, attrs, backend }) => {
      const [begin, size] = tf.slice_util.parseSliceParams(x, attrs.begin, attrs.size);
      tf.slice_util.assertParamsValid(x, begin!, size!);
      return backend.one('slice', backend.slot(x), begin!, size!);
    },
  ),
  own<X, StridedSliceAttrs>(
    'StridedSlice',
    (call) => {
      const { inputs, backend } = call;
      const { begin, end, strides, finalShape } = stridedSliceInfo(call);
      const part = backend.one('stridedSlice', backend.slot(inputs.x), begin, end, strides);
      const result = backend.one('reshape', backend.slot(part), finalShape);
      backend.disposeData(part.dataId);
      return result;
    },
    (call) => stridedSliceInfo(call).strides.every((step) => step > 0),
  ),
  own<X, { paddings: [number, number][]; constantValue: number }>(
    'PadV2',
    ({ inputs: { x }, attrs, backend }) =>
      backend.one('pad', backend.slot(x), attrs.paddings.flat(), attrs.constantValue),
  ),
  own<X, { reps: number[] }>('Tile', ({ inputs: { x }, attrs, backend }) =>
    backend.one('tile', backend.slot(x), attrs.reps),
  ),
  own<X, { dims: number | number[] }>('Reverse', ({ inputs: { x }, attrs, backend }) =>
    backend.one('reverse', backend.slot(x), tf.util.parseAxisParam(attrs.dims, x.shape)),
  ),
  own<Record<string, never>, { shape: number[]; value: number; dtype?: tf.DataType }>(
    'Fill',
    ({ attrs: { shape, value, dtype = 'float32' }, backend }) =>
      backend.fill(shape, value, dtype as NativeDtype),
    ({ attrs: { value, dtype = 'float32' } }) =>
      typeof value === 'number' && dtypes.includes(dtype as NativeDtype),
  ),
  own<{ x: Info; indices: Info }, { axis: number; batchDims: number }>(
    'GatherV2',
    ({ inputs: { x, indices }, attrs, backend }) => {
      const [axis] = tf.util.parseAxisParam(attrs.axis, x.shape) as [number];
      const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
      const picked = backend.one('gather', backend.slot(x), backend.slot(indices), axis);
      const result = backend.one('reshape', backend.slot(picked), shape);
      backend.disposeData(picked.dataId);
      return result;
    },
    ({ inputs: { x }, attrs }) => (attrs.batchDims ?? 0) === 0 && !isEmpty(x),
  ),
  own<{ indices: Info }, { depth: number; onValue: number; offValue: number; dtype: tf.DataType }>(
    'OneHot',
    ({ inputs: { indices }, attrs: { depth, onValue, offValue, dtype }, backend }) =>
      backend.one(
        'oneHot',
        backend.slot(indices),
        depth,
        onValue,
        offValue,
        dtypes.indexOf(dtype as NativeDtype),
      ),
  ),
];
