import type * as tf from '@tensorflow/tfjs';
import type { Json } from './json.js';

/**
 * Everything that a part of a run must remember to go on exactly where it was, by name: tensors as they are on
 * the engine, the rest as JSON. Names are stable across releases; they are the keys of a checkpoint.
 */
export interface NamedState {
  readonly tensors: Readonly<Record<string, tf.Tensor>>;
  readonly values: Readonly<Record<string, Json>>;
}

/** A part of a run whose state is saved in checkpoints. */
export interface Stateful {
  /** The live state. The tensors stay owned by this object; whoever reads them does not dispose them. */
  readonly state: NamedState;
  /**
   * Takes over a saved state. The tensors given stay owned by the caller: copy what is to be kept.
   * @throws MtlError `CHECKPOINT_INVALID` where a name or shape does not fit.
   */
  restore(state: NamedState): void;
}
