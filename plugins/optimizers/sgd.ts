import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { definePart, type NamedGradients, type NamedState, type Optimizer } from '../../core/index.js';
import { assign, chain, foreignState, pairUpdates, ParameterState, type Update } from './parameter-state.js';

const options = z
  .strictObject({
    lr: z.number().positive().default(1e-2).describe('Learning rate.'),
    momentum: z.number().min(0).lt(1).default(0),
    dampening: z.number().min(0).max(1).default(0).describe('Of the gradient, from the second step on.'),
    nesterov: z.boolean().default(false),
    weightDecay: z.number().min(0).default(0).describe('Added to the gradient, times the parameter.'),
  })
  .refine(({ nesterov, momentum, dampening }) => !nesterov || (momentum > 0 && dampening === 0), {
    path: ['nesterov'],
    message: 'false, or a momentum of more than 0 with no dampening',
  });

type SgdOptions = z.output<typeof options>;

/**
 * Stochastic gradient descent with momentum (Sutskever et al. 2013), numerically as PyTorch's `SGD`:
 *
 *     g ← g + λ p
 *     b ← g at the first step, then μ b + (1 − dampening) g
 *     p ← p − lr · b        Nesterov: p ← p − lr · (g + μ b)
 */
export const sgd = definePart<Optimizer, typeof options>({
  description: 'Stochastic gradient descent, with or without (Nesterov) momentum.',
  options,
  create: (given) => new SgdOptimizer(given),
});

class SgdOptimizer implements Optimizer {
  private readonly buffers: ParameterState;

  constructor(private readonly options: SgdOptions) {
    this.buffers = new ParameterState(options.momentum > 0 ? ['momentum'] : []);
  }

  get learningRate(): number {
    return this.options.lr;
  }

  get state(): NamedState {
    return { tensors: this.buffers.tensors, values: {} };
  }

  restore({ tensors, values }: NamedState): void {
    const [foreign] = Object.keys(values);
    if (foreign !== undefined) throw foreignState('no values', foreign);
    this.buffers.restore(tensors);
  }

  step(
    parameters: Readonly<Record<string, tf.Variable>>,
    gradients: NamedGradients,
    learningRate: number,
  ): void {
    const updates = pairUpdates(parameters, gradients);
    tf.tidy(() => {
      const rate = tf.scalar(learningRate);
      // One tidy per parameter: its intermediates are freed before the next parameter needs memory.
      for (const update of updates) tf.tidy(() => this.move(update, rate));
    });
  }

  dispose(): void {
    this.buffers.dispose();
  }

  private move({ name, parameter, gradient }: Update, rate: tf.Scalar): void {
    const { momentum, nesterov, weightDecay } = this.options;
    const g = weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
    let direction = g;
    if (momentum > 0) {
      const buffer = this.buffer(name, g);
      direction = nesterov ? tf.add(g, tf.mul(buffer, momentum)) : buffer;
    }
    assign(
      parameter,
      chain(
        direction,
        (d) => tf.mul(d, rate),
        (change) => tf.sub(parameter, change),
      ),
    );
  }

  private buffer(name: string, gradient: tf.Tensor): tf.Tensor {
    const { momentum, dampening } = this.options;
    const before = this.buffers.get(name, 'momentum', gradient.shape);
    const addend = before && dampening > 0 ? tf.mul(gradient, 1 - dampening) : gradient;
    const after = before
      ? chain(
          before,
          (b) => tf.mul(b, momentum),
          (b) => tf.add(b, addend),
        )
      : gradient.clone();
    this.buffers.set(name, 'momentum', after);
    return after;
  }
}
