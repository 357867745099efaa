import type * as tf from '@tensorflow/tfjs';
import { dtypes, type NativeDtype } from '../addon.js';
import { own, type Info, type OwnKernel } from './kernel.js';

/** tfjs' kernels on one tensor; the addon's names begin with a small letter. */
const unary = [
  'Abs',
  'Acos',
  'Acosh',
  'Asin',
  'Asinh',
  'Atan',
  'Atanh',
  'Ceil',
  'Cos',
  'Cosh',
  'Elu',
  'Erf',
  'Exp',
  'Expm1',
  'Floor',
  'IsFinite',
  'IsInf',
  'IsNan',
  'Log',
  'Log1p',
  'LogicalNot',
  'Neg',
  'Reciprocal',
  'Relu',
  'Relu6',
  'Round',
  'Rsqrt',
  'Selu',
  'Sigmoid',
  'Sign',
  'Sin',
  'Sinh',
  'Softplus',
  'Sqrt',
  'Square',
  'Tan',
  'Tanh',
  'ZerosLike',
  'OnesLike',
] as const;

interface X {
  readonly x: Info;
}

/** Element by element. */
export const unaryKernels: readonly OwnKernel[] = [
  ...unary.map((name) => {
    const kernel = name.charAt(0).toLowerCase() + name.slice(1);
    return own<X>(name, ({ inputs: { x }, backend }) => backend.one(kernel, backend.slot(x)));
  }),
  own<X, { alpha: number }>('Step', ({ inputs: { x }, attrs, backend }) =>
    backend.one('step', backend.slot(x), attrs.alpha),
  ),
  own<X, { alpha: number }>('LeakyRelu', ({ inputs: { x }, attrs, backend }) =>
    backend.one('leakyRelu', backend.slot(x), attrs.alpha),
  ),
  own<X, { clipValueMin: number; clipValueMax: number }>('ClipByValue', ({ inputs: { x }, attrs, backend }) =>
    backend.one('clip', backend.slot(x), attrs.clipValueMin, attrs.clipValueMax),
  ),
  own<X, { dtype: tf.DataType }>(
    'Cast',
    ({ inputs: { x }, attrs: { dtype }, backend }) =>
      x.dtype === dtype
        ? backend.share(x, x.shape, dtype)
        : backend.one('cast', backend.slot(x), dtypes.indexOf(dtype as NativeDtype)),
    ({ attrs: { dtype } }) => dtypes.includes(dtype as NativeDtype),
  ),
];
