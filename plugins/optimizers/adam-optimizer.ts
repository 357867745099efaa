import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  badValue,
  fused,
  hasFused,
  show,
  type NamedGradients,
  type NamedState,
  type Optimizer,
} from '../../core/index.js';
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

/** The constants of one step. */
interface Factors {
  /** A below. */
  readonly rate: number;
  /** E below. */
  readonly eps: number;
  /** What weight decay adds to the gradient, times the parameter. */
  readonly l2: number;
  /** What decoupled weight decay leaves of the parameter. */
  readonly keep: number;
}

/** Those that every parameter needs, on the engine. */
type Scalars = Readonly<Record<'beta1' | 'beta2' | 'rate' | 'eps', tf.Scalar>>;

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
    // Nearly always all parameters are at the same count.
    const byCount = new Map<number, Update[]>();
    for (const update of updates) {
      const count = (this.counts.get(update.name) ?? 0) + 1;
      byCount.set(count, [...(byCount.get(count) ?? []), update]);
      this.counts.set(update.name, count);
    }
    for (const [count, group] of byCount) {
      const factors = this.factors(count, learningRate);
      if (hasFused('Adam')) this.moveAtOnce(group, factors);
      else this.moveEach(group, factors);
    }
  }

  dispose(): void {
    this.moments.dispose();
    this.counts.clear();
  }

  /** By the engine's own kernel. */
  private moveAtOnce(updates: readonly Update[], { rate, eps, l2, keep }: Factors): void {
    const [beta1, beta2] = this.options.betas;
    tf.tidy(() => {
      const moments = (['m', 'v'] as const).map((slot) =>
        updates.map(
          ({ name, parameter }) => this.moments.get(name, slot, parameter.shape) ?? tf.zerosLike(parameter),
        ),
      );
      const inputs = [
        ...updates.map(({ parameter }) => parameter),
        ...updates.map(({ gradient }) => gradient),
        ...moments.flat(),
      ];
      const moved = fused('Adam', inputs, { beta1, beta2, rate, epsilon: eps, l2, keep })!;
      updates.forEach(({ name, parameter }, index) => {
        parameter.assign(moved[index]!);
        this.moments.set(name, 'm', moved[updates.length + index]!);
        this.moments.set(name, 'v', moved[2 * updates.length + index]!);
      });
    });
  }

  /** By public ops. */
  private moveEach(updates: readonly Update[], { rate, eps, l2, keep }: Factors): void {
    tf.tidy(() => {
      const [beta1, beta2] = this.options.betas.map((beta) => tf.scalar(beta)) as [tf.Scalar, tf.Scalar];
      const scalars = { beta1, beta2, rate: tf.scalar(rate), eps: tf.scalar(eps) };
      // One tidy per parameter: its intermediates are freed before the next parameter needs memory.
      for (const update of updates) tf.tidy(() => this.move(update, scalars, l2, keep));
    });
  }

  private move({ name, parameter, gradient }: Update, scalars: Scalars, l2: number, keep: number): void {
    const g = l2 > 0 ? tf.add(gradient, tf.mul(parameter, l2)) : gradient;
    const m = this.next(name, 'm', scalars.beta1, g);
    const v = this.next(name, 'v', scalars.beta2, tf.square(g));
    const change = chain(
      v,
      (x) => tf.sqrt(x),
      (root) => tf.add(root, scalars.eps),
      (denominator) => tf.div(m, denominator),
      (direction) => tf.mul(direction, scalars.rate),
    );
    assign(parameter, tf.sub(keep < 1 ? tf.mul(parameter, keep) : parameter, change));
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

  private factors(count: number, learningRate: number): Factors {
    const { betas, eps, weightDecay } = this.options;
    const [beta1, beta2] = betas;
    const scale = Math.sqrt((1 - beta2 ** count) / (1 - beta2));
    return {
      rate: (learningRate * scale * (1 - beta1)) / (1 - beta1 ** count),
      eps: eps * scale,
      l2: this.decay === 'l2' ? weightDecay : 0,
      keep: this.decay === 'decoupled' ? 1 - learningRate * weightDecay : 1,
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
