/** What the tests of the weighters share: a problem of two losses over two parameters, no network. */
import * as tf from '@tensorflow/tfjs';
import { Tape, TapeProblem, type NamedGradients, type Weighter } from '../../../core/index.js';
import { offers, registry } from '../../core/model/golden.js';

export const tasks = ['labels', 'distance'];

export function make(spec: Parameters<typeof registry.create>[1]): Weighter {
  const weighter = registry.create('weighter', spec, offers());
  weighter.setup({ tasks, kinds: ['classification', 'regression'], seed: 0 });
  return weighter;
}

/** L₁ = a² + b, L₂ = 3a at a = 2, b = 5: (9, 6), with gradients (4, 1) and (3, none). */
export const losses = [9, 6] as const;
export const gradients = [
  { a: 4, b: 1 },
  { a: 3, b: 0 },
] as const;

/** A weighter's gradients of one step on that problem, as numbers by name. Leaves no tensor behind. */
export async function update(weighter: Weighter): Promise<Record<string, number>> {
  const [a, b] = tf.tidy(() => [tf.variable(tf.scalar(2)), tf.variable(tf.scalar(5))] as const);
  const { tape, result } = Tape.record(() => [tf.add<tf.Scalar>(tf.square(a), b), tf.mul<tf.Scalar>(a, 3)]);
  const problem = new TapeProblem({ tasks, losses: result, values: losses, tape, parameters: { a, b } });
  const found: NamedGradients = await weighter.update(problem);
  const values = Object.entries(found).map(([name, gradient]) => [name, gradient.dataSync()[0]!] as const);
  problem.dispose();
  tf.dispose([found, result, a, b] as tf.TensorContainer[]);
  return Object.fromEntries(values);
}

/** Gives a weighter's own parameters values, in the order of the tasks. */
export function assign(weighter: Weighter, values: readonly number[]): void {
  Object.values(weighter.parameters).forEach((variable, index) => {
    tf.tidy(() => variable.assign(tf.scalar(values[index]!)));
  });
}

/** Numbers by name, each up to float32's rounding. */
export function closeTo(
  found: Readonly<Record<string, number>>,
  wanted: Readonly<Record<string, number>>,
): boolean {
  const names = Object.keys(wanted);
  const same = Object.keys(found).length === names.length;
  return (
    same &&
    names.every(
      (name) => Math.abs(found[name]! - wanted[name]!) <= 1e-6 * Math.max(1, Math.abs(wanted[name]!)),
    )
  );
}
