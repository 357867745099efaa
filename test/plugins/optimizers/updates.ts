import * as tf from '@tensorflow/tfjs';
import { Registry, RunContainer, type Optimizer } from '../../../core/index.js';
import { optimizers } from '../../../plugins/optimizers/index.js';
import { readJson } from '../../oracles/values.js';

type Numbers = Readonly<Record<string, readonly number[]>>;
export type Variables = Record<string, tf.Variable>;

/** By parameter, the values after every step. */
export type After = Readonly<Record<string, readonly (readonly number[])[]>>;

/** Made by updates.py: parameters without a gradient in some steps, and a learning rate that changes. */
interface Updates {
  readonly shapes: Numbers;
  readonly initial: Numbers;
  readonly gradients: readonly Numbers[];
  readonly learningRates: readonly number[];
  readonly after: Readonly<Record<string, After>>;
}

export const updates = readJson('updates.json') as Updates;
export const registry = new Registry([{ name: 'built-in', optimizers }]);

const options = { betas: [0.8, 0.95], eps: 1e-3, weightDecay: 0.1 };
/** The options that updates.py gave PyTorch. */
export const cases: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  adam: options,
  adamw: options,
  sgd: { momentum: 0.8, dampening: 0.3, weightDecay: 0.1 },
};

export const make = (name: string, given: Readonly<Record<string, unknown>> = {}): Optimizer =>
  registry.create('optimizer', { name, ...given }, new RunContainer());

const tensorOf = (name: string, data: readonly number[]): tf.Tensor =>
  tf.tensor([...data], [...updates.shapes[name]!]);

export const variables = (): Variables =>
  Object.fromEntries(
    Object.entries(updates.initial).map(([name, data]) => [
      name,
      tf.tidy(() => tf.variable(tensorOf(name, data))),
    ]),
  );

/** Steps of updates.json, from and to. */
export function steps(
  optimizer: Optimizer,
  parameters: Variables,
  from = 0,
  to = updates.gradients.length,
): void {
  for (let step = from; step < to; step++) {
    tf.tidy(() => {
      const gradients = Object.entries(updates.gradients[step]!).map(
        ([name, data]) => [name, tensorOf(name, data)] as const,
      );
      optimizer.step(parameters, Object.fromEntries(gradients), updates.learningRates[step]!);
    });
  }
}

export const values = (parameters: Readonly<Record<string, tf.Tensor>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, [...tensor.dataSync()]]));
