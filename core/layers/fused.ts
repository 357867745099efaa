import * as tf from '@tensorflow/tfjs';

/**
 * What an engine may compute in one pass over memory where the public ops need several. An engine that can registers a
 * tfjs kernel of that name; on any other, the caller composes it.
 */
export interface FusedKernels {
  /** relu(a + b) → [y] */
  AddRelu: { inputs: { a: tf.Tensor; b: tf.Tensor }; attrs: undefined };
  /** ⟨a, b⟩ over all values of two tensors of one shape → [a scalar] */
  InnerProduct: { inputs: { a: tf.Tensor; b: tf.Tensor }; attrs: undefined };
  /** dy where y > 0, else 0 → [dx] */
  ReluGrad: { inputs: { dy: tf.Tensor; y: tf.Tensor }; attrs: undefined };
  /** Batch norm over all but the last axis by the batch's own statistics → [y, μ, σ² (biased), 1/√(σ² + ε)] */
  BatchNormTrain: {
    inputs: { x: tf.Tensor; scale: tf.Tensor1D; offset: tf.Tensor1D };
    attrs: { epsilon: number; relu: boolean };
  };
  /** → [dx, dscale, doffset] */
  BatchNormTrainGrad: {
    inputs: Readonly<Record<'dy' | 'x' | 'mean' | 'inverse' | 'scale' | 'offset', tf.Tensor>>;
    attrs: { epsilon: number; relu: boolean };
  };
  /**
   * A step of Adam over n parameters → their new values, then the new first and second moments. What nobody else holds is
   * changed in place. `inputs`: parameters, gradients, first moments, second moments, n of each. With g + l2 · p for the
   * gradient g: m ← β₁ m + g, v ← β₂ v + g², p ← keep · p − rate · m / (√v + ε).
   */
  Adam: {
    inputs: readonly tf.Tensor[];
    attrs: Readonly<Record<'beta1' | 'beta2' | 'rate' | 'epsilon' | 'l2' | 'keep', number>>;
  };
}

/** What an engine's own kernel gives; undefined where the engine has none. */
export function fused<K extends keyof FusedKernels>(
  kernel: K,
  inputs: FusedKernels[K]['inputs'],
  ...[attrs]: FusedKernels[K]['attrs'] extends undefined ? [] : [FusedKernels[K]['attrs']]
): tf.Tensor[] | undefined {
  if (!hasFused(kernel)) return undefined;
  const run = tf.engine().runKernel.bind(tf.engine()) as (...args: unknown[]) => tf.Tensor | tf.Tensor[];
  const result = run(kernel, inputs, attrs ?? {});
  return Array.isArray(result) ? result : [result];
}

/** Whether the active backend has a fused kernel; where not, layers compose it from public operations. */
export function hasFused(kernel: keyof FusedKernels): boolean {
  // The type promises a kernel; the registry gives undefined for an unknown one.
  return (tf.getKernel(kernel, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;
}

/** The gradient through relu, from its output y. */
export function reluGrad(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return fused('ReluGrad', { dy, y })?.[0] ?? tf.mul(dy, tf.step(y));
}
