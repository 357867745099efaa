import * as tf from '@tensorflow/tfjs';

/** Tensors that no gradient may pass. */
const stopped = new WeakSet<tf.Tensor>();

/** sg(x): the same values, no gradient. Works under `tf.grads` too; a `Tape` does not even look behind it. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const detached = tf.customGrad((input) => ({
    value: (input as tf.Tensor).clone(),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(x) as T;
  stopped.add(detached);
  return detached;
}

export function isStopped(x: tf.Tensor): boolean {
  return stopped.has(x);
}

/** The part of tfjs' engine that says whether something is recorded. */
interface Recording {
  readonly state: { gradientDepth: number };
}

/** Runs something that no gradient is wanted of: no tape records it, and nothing is kept for one. */
export function withoutGradient<T>(run: () => T): T {
  const { state } = tf.engine() as unknown as Recording;
  const depth = state.gradientDepth;
  state.gradientDepth = 0;
  try {
    return run();
  } finally {
    state.gradientDepth = depth;
  }
}
