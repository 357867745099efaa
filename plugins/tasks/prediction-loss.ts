import * as tf from '@tensorflow/tfjs';
import {
  badValue,
  tokens,
  type Deps,
  type PartSpec,
  type PredictionLoss,
  type Reference,
} from '../../core/index.js';

/**
 * The loss that a task's options name.
 * @throws MtlError `CONFIG_INVALID` where it is a consistency loss.
 */
export function predictionLoss(deps: Deps, option: string, spec: PartSpec): PredictionLoss {
  const path = `tasks.${deps.get(tokens.taskName)}.${option}`;
  const loss = deps.get(tokens.registry).create('loss', spec, deps, path);
  if (loss.role === 'prediction') return loss;
  throw badValue('CONFIG_INVALID', {
    what: path,
    expected: 'a loss of a prediction against labels, e.g. l1 or crossEntropy',
    found: `"${typeof spec === 'string' ? spec : spec.name}", which compares tasks`,
    fix: 'name it under consistency.loss',
  });
}

/** A transferred prediction against the direct one, as if that were the labels; without a mask every pixel counts. */
export function againstDirect(
  loss: PredictionLoss,
  transferred: tf.Tensor4D,
  { value, mask }: Pick<Reference, 'value' | 'mask'>,
): tf.Scalar {
  return tf.tidy(() => {
    const [batch, height, width] = value.shape;
    return loss.compute(transferred, { value, mask: mask ?? tf.fill([batch, height, width, 1], 1) });
  });
}

/** |transferred − direct|, the mean over the channels: [batch, height, width, 1]. */
export function meanDistance(transferred: tf.Tensor4D, direct: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.mean<tf.Tensor4D>(tf.abs(tf.sub(transferred, direct)), 3, true));
}
