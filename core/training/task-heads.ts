import * as tf from '@tensorflow/tfjs';
import type { NamedGradients, NamedParameter } from '../contracts/index.js';
import { Averager } from '../world/averager.js';
import type { Fork } from './fork.js';
import { present, scaled } from './named.js';
import type { ProblemArgs } from './problem.js';
import type { Seed, Visitor } from './walk.js';

type Parameters = Readonly<Record<string, tf.Variable>>;

/**
 * The first part of the tasks' backward passes: from each loss through what belongs to its task alone, to where the
 * shared part of the network ends. Done once a step, whatever is asked for afterwards; its operations are used by one
 * pass only, and what they kept is freed on the way.
 */
export class TaskHeads {
  /** Parameters that more than one loss reaches. */
  readonly shared: Parameters;
  /** Gradients of ∇L_t with respect to the parameters of task t alone. */
  readonly own: readonly NamedGradients[];
  private readonly fork: Fork;
  /** By task and tensor of the fork. */
  private readonly arrived: readonly (readonly (tf.Tensor | undefined)[])[];

  constructor(private readonly args: ProblemArgs) {
    const { losses, tape, parameters } = args;
    this.fork = tape.fork(losses, Object.values(parameters));
    const entries = Object.entries(parameters);
    this.shared = Object.fromEntries(entries.filter(([, variable]) => this.fork.countOf(variable) > 1));
    const ofOne = entries.filter(([, variable]) => this.fork.countOf(variable) === 1);
    const wanted = [...this.fork.tensors, ...ofOne.map(([, variable]) => variable)];
    const passes = losses.map((loss, task) => this.pass(loss, task, wanted));
    const count = this.fork.tensors.length;
    this.arrived = passes.map((found) => found.slice(0, count));
    this.own = passes.map((found) =>
      present(
        ofOne.map(([name]) => name),
        found.slice(count),
      ),
    );
  }

  /** @see MultiTaskProblem.ownParameters */
  ownParameters(): readonly (readonly NamedParameter[])[] {
    const names = new Map(Object.entries(this.args.parameters).map(([name, { id }]) => [id, name]));
    return this.fork.own.map((ofTask) => ofTask.map(({ id, shape }) => ({ name: names.get(id)!, shape })));
  }

  /** ∂L_t at the features that lie between the shared part and the heads, by `representation.0`, …, one task each. */
  representation(): readonly NamedGradients[] {
    const features = this.features();
    const names = features.map((_, index) => `representation.${index}`);
    return this.arrived.map((found) =>
      present(
        names,
        features.map((index) => found[index]),
      ),
    );
  }

  /** Where the passes go on into the shared part, one lane a task. */
  lanes(): Seed[][] {
    return this.arrived.map((found) =>
      found.flatMap((gradient, index) => (gradient ? [{ of: this.fork.tensors[index]!, gradient }] : [])),
    );
  }

  /** The passes side by side through the shared part. @see Tape.walk */
  walk(wanted: Parameters, visitor: Visitor): void {
    this.args.tape.walk(this.lanes(), Object.values(wanted), visitor);
  }

  /** ∇ Σ ω_t L_t with respect to shared parameters, in one pass. */
  through(weights: readonly number[], wanted: Parameters, release: boolean): Record<string, tf.Tensor> {
    const seeds = this.lanes().flatMap((lane, task) =>
      lane.map(({ of, gradient }) => ({ of, gradient: tf.mul(gradient, weights[task]!) })),
    );
    return this.backward(seeds, wanted, release);
  }

  /** Carries gradients of the features on to the shared parameters; those that a head reads itself get the plain sum. */
  throughFeatures(gradients: NamedGradients, weights: readonly number[]): Record<string, tf.Tensor> {
    const features = new Set(this.features());
    const direct = this.arrived.flatMap((found, task) =>
      found.flatMap((gradient, index) =>
        gradient && !features.has(index)
          ? [{ of: this.fork.tensors[index]!, gradient: tf.mul(gradient, weights[task]!) }]
          : [],
      ),
    );
    const combined = this.features().flatMap((index, number) => {
      const gradient = gradients[`representation.${number}`];
      return gradient ? [{ of: this.fork.tensors[index]!, gradient: gradient.clone() }] : [];
    });
    return this.backward([...direct, ...combined], this.shared, true);
  }

  /** ∇ Σ ω_t L_t with respect to all parameters; the last walk. */
  weighted(weights: readonly number[]): NamedGradients {
    const heads = this.own.map((gradients, task) => scaled(gradients, weights[task]!));
    return Object.assign({}, ...heads, this.through(weights, this.shared, true)) as NamedGradients;
  }

  dispose(): void {
    tf.dispose([this.own, this.arrived] as unknown as tf.TensorContainer[]);
  }

  private pass(loss: tf.Scalar, task: number, wanted: readonly tf.Tensor[]): (tf.Tensor | undefined)[] {
    const one = tf.scalar(1);
    const found = wanted.map((): tf.Tensor | undefined => undefined);
    const averager = new Averager<number>((index, [gradient]) => (found[index] = gradient));
    const features = this.fork.tensors.length;
    this.args.tape.walk([[{ of: loss, gradient: one }]], wanted, {
      // What arrives at the fork is of this rank's samples, and goes on with them.
      onGradients: (index, gradients) =>
        index < features ? (found[index] = gradients[0]) : averager.add(index, gradients),
      releases: (place) => this.fork.owners[place] === task,
    });
    averager.finish();
    one.dispose();
    return found;
  }

  /** Indices of the fork's tensors that are no parameters themselves. */
  private features(): number[] {
    const ids = new Set(Object.values(this.args.parameters).map(({ id }) => id));
    return this.fork.tensors.flatMap(({ id }, index) => (ids.has(id) ? [] : [index]));
  }

  /** @param seeds whose gradients are given away */
  private backward(seeds: readonly Seed[], wanted: Parameters, release: boolean): Record<string, tf.Tensor> {
    const found = this.args.tape.backward(seeds, Object.values(wanted), release);
    for (const { gradient } of seeds) gradient.dispose();
    return present(Object.keys(wanted), found);
  }
}
