import * as tf from '@tensorflow/tfjs';
import {
  readScalars,
  restoreVariables,
  type MultiTaskProblem,
  type NamedGradients,
  type NamedState,
  type Weighter,
  type WeighterContext,
} from '../../../core/index.js';

/** How a trained s_t becomes its task's weight. */
export interface TrainedScale {
  /** ω of s */
  readonly weight: (s: number) => number;
  /** dL/ds where ω_t L_t has a value */
  readonly slope: (weighted: number) => number;
}

/** A loss weighting with one trainable scalar s_t per task, start 0, that the run's optimizer updates. */
export class TrainedWeights implements Weighter {
  parameters: Readonly<Record<string, tf.Variable>> = {};
  private scales: readonly TrainedScale[] = [];

  /**
   * @param name of the scalars: `<name>.<task>`
   * @param scalesOf one per task
   */
  constructor(
    private readonly name: string,
    private readonly scalesOf: (context: WeighterContext) => readonly TrainedScale[],
  ) {}

  setup(context: WeighterContext): void {
    this.scales = this.scalesOf(context);
    this.parameters = Object.fromEntries(
      context.tasks.map((task) => [`${this.name}.${task}`, tf.tidy(() => tf.variable(tf.scalar(0)))]),
    );
  }

  get state(): NamedState {
    return { tensors: this.parameters, values: {} };
  }

  restore(state: NamedState): void {
    restoreVariables(this.parameters, state.tensors, 'weighter');
  }

  async update(problem: MultiTaskProblem): Promise<NamedGradients> {
    const omegas = await this.weights();
    const slopes = this.scales.map(({ slope }, task) => slope(omegas[task]! * problem.losses[task]!));
    const own = Object.keys(this.parameters).map((name, task) => [name, tf.scalar(slopes[task]!)] as const);
    return { ...problem.weighted(omegas), ...Object.fromEntries(own) };
  }

  async weights(): Promise<number[]> {
    const values = await readScalars(() => Object.values(this.parameters));
    return this.scales.map(({ weight }, task) => weight(values[task]!));
  }

  dispose(): void {
    tf.dispose(this.parameters);
  }
}
