import * as tf from '@tensorflow/tfjs';
import type { NamedGradients } from '../contracts/index.js';

/** Gradients held to a norm. The caller owns, and disposes, all of it. */
export interface ClippedGradients {
  readonly gradients: NamedGradients;
  /** The norm before clipping. */
  readonly norm: tf.Scalar;
}

/** √(Σ g²) over all values of all gradients; 0 without any. */
export function globalNorm(gradients: NamedGradients): tf.Scalar {
  return tf.tidy(() => {
    const squares = Object.values(gradients).map((gradient) => sumOfSquares(gradient));
    return squares.length > 0 ? tf.sqrt(tf.sum(tf.stack(squares))) : tf.scalar(0);
  });
}

/**
 * In two stages: a backend that adds one float32 after the other (wasm does) is off by nearly a percent over the
 * millions of values of a large kernel.
 */
function sumOfSquares(gradient: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    const square = tf.square(gradient);
    return tf.sum(gradient.rank > 1 ? tf.sum(square, -1) : square);
  });
}

/**
 * Scales all gradients together so that their global norm is at most `maxNorm` (Pascanu et al. 2013), numerically
 * as PyTorch's `clip_grad_norm_`: g ← g · min(1, maxNorm / (norm + 1e-6)). Reads nothing back from the engine.
 * @param gradients stay owned by the caller
 */
export function clipByGlobalNorm(gradients: NamedGradients, maxNorm: number): ClippedGradients {
  return tf.tidy(() => {
    const norm = globalNorm(gradients);
    const scale = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
    const clipped = Object.entries(gradients).map(
      ([name, gradient]) => [name, tf.mul(gradient, scale)] as const,
    );
    return { gradients: Object.fromEntries(clipped), norm };
  });
}
