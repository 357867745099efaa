import * as tf from '@tensorflow/tfjs';
import type { Addon } from '../../../../plugins/engines/torch/addon.js';

/** The addon behind the engine that this process computes on, which has to be torch. */
export function addonInUse(): Addon {
  return (tf.backend() as unknown as { readonly addon: Addon }).addon;
}
