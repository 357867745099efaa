/** A step of plain numbers: what a weighter sees of a model, without one. And what the tests do with it. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  Random,
  type GradientScope,
  type MultiTaskProblem,
  type NamedGradients,
  type NamedParameter,
  type NamedState,
  type TaskGradients,
  type Weighter,
} from '../../../core/index.js';

/** Vectors by parameter name. */
export type Vectors = Readonly<Record<string, readonly number[]>>;

export interface Step {
  readonly losses: readonly number[];
  /** ∇ L_t, one per task; a name is absent where a task's loss does not reach it. */
  readonly gradients: readonly Vectors[];
  /** The losses after the update; where absent, 0.9 L_t. */
  readonly after?: readonly number[];
}

export const taskNames = (tasks: number): string[] =>
  Array.from({ length: tasks }, (_, task) => `task${task}`);

export class FakeProblem implements MultiTaskProblem {
  readonly tasks: readonly string[];
  readonly losses: readonly number[];
  /** The scopes that gradients were asked over. */
  readonly scopes: GradientScope[] = [];
  private readonly owned: tf.Tensor[] = [];
  private ended = false;

  constructor(
    private readonly step: Step,
    tasks?: readonly string[],
  ) {
    this.losses = step.losses;
    this.tasks = tasks ?? taskNames(step.losses.length);
  }

  weighted(weights: readonly number[]): NamedGradients {
    this.end();
    return tensors(sum(this.scaled(weights)));
  }

  perTask(scope: GradientScope, weights: readonly number[] = this.losses.map(() => 1)): TaskGradients {
    this.scopes.push(scope);
    const rows = this.scaled(weights);
    const inside = rows.map((row) => only(row, (name) => this.covers(scope, name)));
    const outside = sum(rows.map((row) => only(row, (name) => !this.covers(scope, name))));
    return {
      gramian: () => Promise.resolve(inside.map((a) => inside.map((b) => dot(a, b)))),
      perTask: () => Promise.resolve(inside.map((row) => this.own(tensors(row)))),
      combine: (coefficients) => {
        this.end();
        return tensors({ ...outside, ...sum(inside.map((row, task) => times(row, coefficients[task]!))) });
      },
      complete: (combined) => {
        this.end();
        const copies = Object.entries(combined).map(([name, tensor]) => [name, tensor.clone()] as const);
        return { ...tensors(outside), ...Object.fromEntries(copies) };
      },
    };
  }

  /** As if they were kernels. */
  ownParameters(): readonly (readonly NamedParameter[])[] {
    return this.step.gradients.map((row) =>
      Object.entries(row)
        .filter(([name]) => !this.covers('shared', name))
        .map(([name, { length }]) => ({ name, shape: [length, 1] })),
    );
  }

  dispose(): void {
    tf.dispose(this.owned);
  }

  private scaled(weights: readonly number[]): readonly Vectors[] {
    return this.step.gradients.map((row, task) => times(row, weights[task]!));
  }

  private covers(scope: GradientScope, name: string): boolean {
    if (scope === 'all') return true;
    if (scope === 'shared') return this.step.gradients.filter((row) => row[name]).length > 1;
    if (scope === 'representation') throw new Error('there are no features here');
    return scope.some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    );
  }

  private own(gradients: NamedGradients): NamedGradients {
    this.owned.push(...Object.values(gradients));
    return gradients;
  }

  private end(): void {
    if (this.ended) throw new Error('the forward pass is gone');
    this.ended = true;
  }
}

const tensors = (vectors: Vectors): NamedGradients =>
  Object.fromEntries(Object.entries(vectors).map(([name, vector]) => [name, tf.tensor1d([...vector])]));

const only = (row: Vectors, keep: (name: string) => boolean): Vectors =>
  Object.fromEntries(Object.entries(row).filter(([name]) => keep(name)));

const times = (row: Vectors, factor: number): Vectors =>
  Object.fromEntries(
    Object.entries(row).map(([name, vector]) => [name, vector.map((value) => factor * value)]),
  );

export function sum(rows: readonly Vectors[]): Vectors {
  const total: Record<string, readonly number[]> = {};
  for (const row of rows) {
    for (const [name, vector] of Object.entries(row))
      total[name] = vector.map((value, index) => value + (total[name]?.[index] ?? 0));
  }
  return total;
}

export const dot = (a: Vectors, b: Vectors): number =>
  Object.entries(a)
    .flatMap(([name, vector]) => vector.map((value, index) => value * (b[name]?.[index] ?? 0)))
    .reduce((total, value) => total + value, 0);

/** Ready for its first step. */
export function ready(weighter: Weighter, tasks: number | readonly string[], seed = 7): Weighter {
  const names = typeof tasks === 'number' ? taskNames(tasks) : tasks;
  weighter.setup({ tasks: names, kinds: names.map(() => 'regression'), seed });
  return weighter;
}

export interface Outcome {
  readonly gradients: Vectors;
  readonly weights: readonly number[];
}

/** One update with what a training loop does around it. Leaves no tensor behind. */
export async function take(weighter: Weighter, step: Step, tasks?: readonly string[]): Promise<Outcome> {
  const problem = new FakeProblem(step, tasks);
  const found = await weighter.update(problem);
  problem.dispose();
  const gradients = Object.fromEntries(
    Object.entries(found).map(([name, tensor]) => [name, [...tensor.dataSync()]]),
  );
  tf.dispose(found);
  await weighter.afterStep?.(() => Promise.resolve(step.after ?? step.losses.map((loss) => 0.9 * loss)));
  return { gradients, weights: await weighter.weights() };
}

/** Steps of a model with two shared parameters, one of which a task may not reach, and a head per task. */
export function steps(count: number, tasks: number, seed = 1): readonly Step[] {
  const random = new Random(seed, 'steps');
  const vector = (length: number): number[] => Array.from({ length }, () => random.normal());
  return Array.from({ length: count }, () => ({
    losses: Array.from({ length: tasks }, () => random.uniform(0.1, 3)),
    after: Array.from({ length: tasks }, () => random.uniform(0.1, 3)),
    gradients: Array.from({ length: tasks }, (_, task) => ({
      a: vector(5),
      ...(task === 1 ? {} : { b: vector(3) }),
      [`head.task${task}`]: vector(2),
    })),
  }));
}

/** All steps, two to an epoch. */
export async function drive(weighter: Weighter, given: readonly Step[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [index, step] of given.entries()) {
    outcomes.push(await take(weighter, step));
    if (index % 2 === 1) weighter.endEpoch?.(step.losses);
  }
  return outcomes;
}

/** A law of every weighter: saved in the middle and taken over by another one, it goes on to the bit. */
export async function expectResumes(make: () => Weighter, tasks = 3): Promise<void> {
  const before = tf.memory().numTensors;
  const given = steps(10, tasks);
  const whole = ready(make(), tasks);
  const first = ready(make(), tasks);
  await drive(first, given.slice(0, 6));
  const second = ready(make(), tasks);
  const saved = copyOf(first.state);
  second.restore(saved);
  tf.dispose(saved.tensors);
  first.dispose();
  const wanted = (await drive(whole, given)).slice(6);
  expect(await drive(second, given.slice(6))).to.deep.equal(wanted);
  whole.dispose();
  second.dispose();
  expect(tf.memory().numTensors, 'tensors left').to.equal(before);
}

/** As a checkpoint holds it. */
export const copyOf = ({ tensors: given, values }: NamedState): NamedState => ({
  tensors: Object.fromEntries(
    Object.entries(given).map(([name, tensor]) => [name, tf.tensor(tensor.dataSync(), tensor.shape)]),
  ),
  values: JSON.parse(JSON.stringify(values)) as NamedState['values'],
});

/** A law of every weighter that keeps tensors: their number stays what it is after the first step. */
export async function expectNoLeak(make: () => Weighter, tasks = 3): Promise<void> {
  const before = tf.memory().numTensors;
  const weighter = ready(make(), tasks);
  const counts: number[] = [];
  for (const step of steps(4, tasks)) {
    await take(weighter, step);
    counts.push(tf.memory().numTensors);
  }
  expect(new Set(counts).size, String(counts)).to.equal(1);
  weighter.dispose();
  expect(tf.memory().numTensors, 'tensors left').to.equal(before);
}

/** A law of every weighter that treats its tasks alike: in another order, they get the same. */
export async function expectEquivariant(make: () => Weighter, tasks = 3, digits = 1e-5): Promise<void> {
  const order = Array.from({ length: tasks }, (_, task) => (task + 1) % tasks);
  const permuted = <T>(values: readonly T[]): T[] => order.map((task) => values[task]!);
  const given = steps(6, tasks);
  const [one, other] = [ready(make(), tasks), ready(make(), tasks)];
  const wanted = await drive(one, given);
  const found = await drive(
    other,
    given.map((step) => ({
      losses: permuted(step.losses),
      after: permuted(step.after!),
      gradients: permuted(step.gradients),
    })),
  );
  found.forEach((outcome, index) => {
    expectClose(outcome.weights, permuted(wanted[index]!.weights), digits);
    for (const [name, vector] of Object.entries(wanted[index]!.gradients))
      expectClose(outcome.gradients[name]!, vector, digits);
  });
  one.dispose();
  other.dispose();
}

/** Each number up to a share of the largest. */
export function expectClose(found: readonly number[], wanted: readonly number[], digits = 1e-5): void {
  expect(found.length).to.equal(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs), 1e-30);
  const off = found.findIndex((value, index) => !(Math.abs(value - wanted[index]!) <= digits * scale));
  expect(off, `${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`).to.equal(-1);
}
