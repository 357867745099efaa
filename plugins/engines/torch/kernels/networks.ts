import type { TorchBackend } from '../backend.js';
import { own, type Activated, type Info, type OwnKernel } from './kernel.js';

interface MatmulInputs {
  readonly a: Info;
  readonly b: Info;
  readonly bias?: Info;
  readonly preluActivationWeights?: Info;
}

interface MatmulAttrs extends Activated {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

interface AdamAttrs {
  readonly beta1: number;
  readonly beta2: number;
  readonly rate: number;
  readonly epsilon: number;
  readonly l2: number;
  readonly keep: number;
}

/** A tensor that may be changed in place: itself where nobody else reads its memory, else a copy. */
function forWriting(backend: TorchBackend, info: Info): Info {
  return backend.isShared(info)
    ? backend.one('copy', backend.slot(info))
    : backend.share(info, info.shape, info.dtype);
}

/** Matrix products, batch norm and the optimizer's step. */
export const networkKernels: readonly OwnKernel[] = [
  ...['BatchMatMul', '_FusedMatMul'].map((name) =>
    own<MatmulInputs, MatmulAttrs>(
      name,
      ({ inputs: { a, b, bias, preluActivationWeights }, attrs, backend }) =>
        backend.one(
          'matmul',
          backend.slot(a),
          backend.slot(b),
          attrs.transposeA,
          attrs.transposeB,
          backend.slot(bias),
          attrs.activation ?? 'linear',
          backend.slot(preluActivationWeights),
          attrs.leakyreluAlpha ?? 0,
        ),
    ),
  ),
  own<{ x: Info; mean: Info; variance: Info; offset?: Info; scale?: Info }, { varianceEpsilon: number }>(
    'FusedBatchNorm',
    ({ inputs: { x, mean, variance, offset, scale }, attrs, backend }) =>
      backend.one(
        'batchNorm',
        backend.slot(x),
        backend.slot(mean),
        backend.slot(variance),
        backend.slot(offset),
        backend.slot(scale),
        attrs.varianceEpsilon,
      ),
  ),
  own<{ x: Info; scale: Info; offset: Info }, { epsilon: number; relu: boolean }>(
    'BatchNormTrain',
    ({ inputs: { x, scale, offset }, attrs, backend }) =>
      backend.many(
        'batchNormTrain',
        backend.slot(x),
        backend.slot(scale),
        backend.slot(offset),
        attrs.epsilon,
        attrs.relu,
      ),
  ),
  own<
    { dy: Info; x: Info; mean: Info; inverse: Info; scale: Info; offset: Info },
    { epsilon: number; relu: boolean }
  >('BatchNormTrainGrad', ({ inputs: { dy, x, mean, inverse, scale, offset }, attrs, backend }) =>
    backend.many(
      'batchNormTrainGrad',
      backend.slot(dy),
      backend.slot(x),
      backend.slot(mean),
      backend.slot(inverse),
      backend.slot(scale),
      backend.slot(offset),
      attrs.epsilon,
      attrs.relu,
    ),
  ),
  // Parameters, their gradients, first and second moments, one after the other.
  own<Readonly<Record<string, Info>>, AdamAttrs>('Adam', ({ inputs, attrs, backend }) => {
    const all = Object.values(inputs);
    const count = all.length / 4;
    const gradients = all.slice(count, 2 * count).map((info) => backend.slot(info));
    const changed = [...all.slice(0, count), ...all.slice(2 * count)].map((info) =>
      forWriting(backend, info),
    );
    const slots = changed.map((info) => backend.slot(info));
    const { beta1, beta2, rate, epsilon, l2, keep } = attrs;
    backend.many(
      'adam',
      slots.slice(0, count),
      gradients,
      slots.slice(count, 2 * count),
      slots.slice(2 * count),
      beta1,
      beta2,
      rate,
      epsilon,
      l2,
      keep,
    );
    return changed;
  }),
];
