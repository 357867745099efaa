import * as tf from '@tensorflow/tfjs';
import type { NamedGradients } from '../contracts/index.js';
import { innerProduct } from './inner-product.js';

/** Gradients held to a norm. The caller owns, and disposes, all of it. */
export interface ClippedGradients {
  readonly gradients: NamedGradients;
  /** The norm before clipping. */
  readonly norm: tf.Scalar;
}

/** √(Σ g²) over all values of all gradients; 0 without any. */
export function globalNorm(gradients: NamedGradients): tf.Scalar {
  return tf.tidy(() => {
    const squares = Object.values(gradients).map((gradient) => innerProduct(gradient, gradient));
    return squares.length > 0 ? tf.sqrt(tf.sum(tf.stack(squares))) : tf.scalar(0);
  });
}

/**
 * Scales all gradients together so that their global norm is at most `maxNorm` (Pascanu et al. 2013), numerically
 * as PyTorch's `clip_grad_norm_`: g ← g · min(1, maxNorm / (norm + 1e-6)). Reads nothing back from the engine.
 * @param gradients stay owned by the caller
 * @param known their global norm, where it has been computed
 */
export function clipByGlobalNorm(
  gradients: NamedGradients,
  maxNorm: number,
  known?: number,
): ClippedGradients {
  return tf.tidy(() => {
    const norm = known === undefined ? globalNorm(gradients) : tf.scalar(known);
    const scale = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
    const clipped = Object.entries(gradients).map(
      ([name, gradient]) => [name, tf.mul(gradient, scale)] as const,
    );
    return { gradients: Object.fromEntries(clipped), norm };
  });
}
