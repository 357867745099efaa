import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { badValue, show, type NamedGradients, type NamedState, type Optimizer } from '../../core/index.js';
import { assign, chain, foreignState, pairUpdates, ParameterState, type Update } from './parameter-state.js';

const beta = z.number().min(0).lt(1);

/** What Adam and AdamW both take. */
export const adamOptions = z.strictObject({
  lr: z.number().positive().default(1e-4).describe('Learning rate.'),
  betas: z.tuple([beta, beta]).default([0.9, 0.999]).describe('Decay of the first and the second moment.'),
  eps: z.number().min(0).default(1e-8).describe('Added to the denominator.'),
  weightDecay: z.number().min(0).default(0),
});

export type AdamOptions = z.output<typeof adamOptions>;

/** The scalars of one step, on the engine. */
interface Scalars {
  readonly beta1: tf.Scalar;
  readonly beta2: tf.Scalar;
  /** A below. */
  readonly rate: tf.Scalar;
  /** E below. */
  readonly eps: tf.Scalar;
}

/**
 * Adam with weight decay either added to the gradient or decoupled from it. With g the gradient of step t,
 *
 *     m_t = β₁ m + (1 − β₁) g        v_t = β₂ v + (1 − β₂) g²
 *     p ← p − lr · (m_t / (1 − β₁ᵗ)) / (√(v_t / (1 − β₂ᵗ)) + ε)
 *
 * Every op is a pass over memory, so all constant factors are gathered in two scalars: what is kept is
 * M = m/(1 − β₁) and V = v/(1 − β₂), for which M_t = β₁ M + g, V_t = β₂ V + g², and the same update reads
 *
 *     p ← p − A · M_t / (√V_t + E)
 *     with s = √((1 − β₂ᵗ)/(1 − β₂)), A = lr · s · (1 − β₁)/(1 − β₁ᵗ), E = ε · s
 */
export class AdamOptimizer implements Optimizer {
  private readonly moments = new ParameterState(['m', 'v']);
  /** t by parameter: a parameter counts the steps in which it had a gradient. */
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly options: AdamOptions,
    private readonly decay: 'l2' | 'decoupled',
  ) {}

  get learningRate(): number {
    return this.options.lr;
  }

  get state(): NamedState {
    const values = [...this.counts].map(([parameter, count]) => [`${parameter}/step`, count] as const);
    return { tensors: this.moments.tensors, values: Object.fromEntries(values) };
  }

  restore({ tensors, values }: NamedState): void {
    const counts = readCounts(values, this.moments.parametersOf(tensors));
    this.moments.restore(tensors);
    this.counts.clear();
    for (const [parameter, count] of counts) this.counts.set(parameter, count);
  }

  step(
    parameters: Readonly<Record<string, tf.Variable>>,
    gradients: NamedGradients,
    learningRate: number,
  ): void {
    const updates = pairUpdates(parameters, gradients);
    tf.tidy(() => {
      const beta1 = tf.scalar(this.options.betas[0]);
      const beta2 = tf.scalar(this.options.betas[1]);
      // Nearly always all parameters are at the same count: then the scalars are made once.
      const byCount = new Map<number, Pick<Scalars, 'rate' | 'eps'>>();
      for (const update of updates) {
        const count = (this.counts.get(update.name) ?? 0) + 1;
        const scalars = byCount.get(count) ?? this.scalars(count, learningRate);
        byCount.set(count, scalars);
        // One tidy per parameter: its intermediates are freed before the next parameter needs memory.
        tf.tidy(() => this.move(update, { ...scalars, beta1, beta2 }, learningRate));
        this.counts.set(update.name, count);
      }
    });
  }

  dispose(): void {
    this.moments.dispose();
    this.counts.clear();
  }

  private move({ name, parameter, gradient }: Update, scalars: Scalars, learningRate: number): void {
    const { weightDecay } = this.options;
    const l2 = this.decay === 'l2' && weightDecay > 0;
    const g = l2 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
    const m = this.next(name, 'm', scalars.beta1, g);
    const v = this.next(name, 'v', scalars.beta2, tf.square(g));
    const change = chain(
      v,
      (x) => tf.sqrt(x),
      (root) => tf.add(root, scalars.eps),
      (denominator) => tf.div(m, denominator),
      (direction) => tf.mul(direction, scalars.rate),
    );
    const shrink = this.decay === 'decoupled' && weightDecay > 0;
    const before = shrink ? tf.mul(parameter, 1 - learningRate * weightDecay) : parameter;
    assign(parameter, tf.sub(before, change));
  }

  /** `slot ← β · slot + addend`, kept; the addend alone at a parameter's first step. */
  private next(parameter: string, slot: 'm' | 'v', beta: tf.Scalar, addend: tf.Tensor): tf.Tensor {
    const before = this.moments.get(parameter, slot, addend.shape);
    const after = before
      ? chain(
          before,
          (x) => tf.mul(x, beta),
          (x) => tf.add(x, addend),
        )
      : addend.clone();
    this.moments.set(parameter, slot, after);
    return after;
  }

  private scalars(count: number, learningRate: number): Pick<Scalars, 'rate' | 'eps'> {
    const [beta1, beta2] = this.options.betas;
    const scale = Math.sqrt((1 - beta2 ** count) / (1 - beta2));
    return {
      rate: tf.scalar((learningRate * scale * (1 - beta1)) / (1 - beta1 ** count)),
      eps: tf.scalar(this.options.eps * scale),
    };
  }
}

/** @throws MtlError `CHECKPOINT_INVALID` where a parameter's count is absent or no count, or of another parameter. */
function readCounts(
  values: NamedState['values'],
  parameters: readonly string[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const parameter of parameters) {
    const count = values[`${parameter}/step`];
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 1) {
      throw badValue('CHECKPOINT_INVALID', {
        what: `the optimizer's saved "${parameter}/step"`,
        expected: 'a whole number of at least 1',
        found: show(count),
      });
    }
    counts.set(parameter, count);
  }
  const foreign = Object.keys(values).find((key) => !counts.has(key.replace(/\/step$/, '')));
  if (foreign !== undefined) throw foreignState('a step count for every parameter that has moments', foreign);
  return counts;
}
