import type * as tf from '@tensorflow/tfjs';
import type { Stateful } from './state.js';
import type { NamedGradients } from './weighter.js';

/** Moves parameters along their gradients. All its state is named by parameter, so that it resumes to the bit. */
export interface Optimizer extends Stateful {
  /** Where the learning rate starts; a schedule may scale it. */
  readonly learningRate: number;
  /**
   * One step. Parameters without a gradient stay as they are. The gradients stay owned by the caller.
   * @param parameters by name
   * @param learningRate of this step
   */
  step(
    parameters: Readonly<Record<string, tf.Variable>>,
    gradients: NamedGradients,
    learningRate: number,
  ): void;
  /** Frees its state. */
  dispose(): void;
}
