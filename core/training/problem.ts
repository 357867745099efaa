import * as tf from '@tensorflow/tfjs';
import type { GradientScope, MultiTaskProblem, NamedGradients, TaskGradients } from '../contracts/index.js';
import { innerProduct } from './inner-product.js';
import type { Tape } from './tape.js';

export interface ProblemArgs {
  readonly tasks: readonly string[];
  readonly losses: readonly tf.Scalar[];
  /** The recorded forward pass from the parameters to the losses. */
  readonly tape: Tape;
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  /** The features that several tasks' heads read. */
  readonly representation: readonly tf.Tensor[];
}

type Gradients = Record<string, tf.Tensor>;

/** A step's problem over a tape: one forward pass, and as many backward passes as the weighter asks for. */
export class TapeProblem implements MultiTaskProblem {
  readonly tasks: readonly string[];
  readonly losses: readonly tf.Scalar[];
  private readonly owned: tf.Tensor[] = [];

  constructor(private readonly args: ProblemArgs) {
    this.tasks = args.tasks;
    this.losses = args.losses;
  }

  weighted(weights: readonly number[] | tf.Tensor1D): NamedGradients {
    const omegas = scalars(weights);
    const seeds = this.losses.map((of, index) => ({ of, gradient: omegas[index]! }));
    const names = Object.keys(this.args.parameters);
    const found = this.args.tape.backward(seeds, Object.values(this.args.parameters), true);
    tf.dispose(omegas);
    return byName(names, found);
  }

  perTask(scope: GradientScope): TaskGradients {
    const names = this.scopeNames(scope);
    const one = tf.scalar(1);
    const inScope: Gradients[] = [];
    const outside: Gradients = {};
    const wanted = this.wanted(scope, names);
    for (const loss of this.losses) {
      const found = byName(
        Object.keys(wanted),
        this.args.tape.backward([{ of: loss, gradient: one }], Object.values(wanted)),
      );
      const mine: Gradients = {};
      for (const [name, gradient] of Object.entries(found)) {
        if (names.has(name)) mine[name] = gradient;
        else addTo(outside, name, gradient);
      }
      inScope.push(mine);
    }
    one.dispose();
    this.owned.push(...inScope.flatMap((gradients) => Object.values(gradients)), ...Object.values(outside));
    return new TapeGradients(inScope, outside, (combined) =>
      scope === 'representation' ? this.throughRepresentation(combined) : cloned(combined),
    );
  }

  /** Frees what the problem holds; the losses stay the caller's. */
  dispose(): void {
    tf.dispose(this.owned);
    this.args.tape.dispose();
  }

  /** The names that a scope covers. Representation tensors are called `representation.0`, … */
  private scopeNames(scope: GradientScope): ReadonlySet<string> {
    const { parameters, representation, tape } = this.args;
    if (scope === 'all') return new Set(Object.keys(parameters));
    if (scope === 'representation')
      return new Set(representation.map((_, index) => `representation.${index}`));
    const names = Object.keys(parameters);
    const counts = this.losses.map((loss) => tape.reached(loss, Object.values(parameters)));
    return new Set(names.filter((_, index) => counts.filter((reached) => reached[index]).length > 1));
  }

  /** What the tasks' passes compute: the scope, and the parameters that lie between it and the losses. */
  private wanted(scope: GradientScope, names: ReadonlySet<string>): Readonly<Record<string, tf.Tensor>> {
    const { parameters, representation } = this.args;
    if (scope !== 'representation') return parameters;
    const behind = this.behindRepresentation();
    const own = Object.entries(parameters).filter(([name]) => !behind.has(name));
    return Object.fromEntries([
      ...own,
      ...[...names].map((name, index) => [name, representation[index]!] as const),
    ]);
  }

  /** Parameters that the representation is computed from. */
  private behindRepresentation(): ReadonlySet<string> {
    const { parameters, representation, tape } = this.args;
    const reached = representation.map((features) => tape.reached(features, Object.values(parameters)));
    return new Set(Object.keys(parameters).filter((_, index) => reached.some((row) => row[index])));
  }

  /** Carries a gradient of the representation on to the parameters behind it, in one pass. */
  private throughRepresentation(combined: NamedGradients): NamedGradients {
    const names = this.behindRepresentation();
    const behind = Object.entries(this.args.parameters).filter(([name]) => names.has(name));
    const seeds = this.args.representation.flatMap((of, index) => {
      const gradient = combined[`representation.${index}`];
      return gradient ? [{ of, gradient }] : [];
    });
    return byName(
      behind.map(([name]) => name),
      this.args.tape.backward(
        seeds,
        behind.map(([, variable]) => variable),
      ),
    );
  }
}

class TapeGradients implements TaskGradients {
  constructor(
    readonly perTask: readonly NamedGradients[],
    private readonly outside: NamedGradients,
    private readonly toParameters: (combined: NamedGradients) => NamedGradients,
  ) {}

  gramian(): tf.Tensor2D {
    return tf.tidy(() => {
      const rows = this.perTask.map((left, row) =>
        this.perTask.map((right, column) => (column >= row ? dot(left, right) : null)),
      );
      return tf.stack(
        rows.map((row, i) => tf.stack(row.map((value, j) => value ?? rows[j]![i]!))),
      ) as tf.Tensor2D;
    });
  }

  combine(weights: readonly number[] | tf.Tensor1D): NamedGradients {
    const omegas = scalars(weights);
    const combined: Gradients = {};
    this.perTask.forEach((gradients, task) => {
      for (const [name, gradient] of Object.entries(gradients))
        addTo(combined, name, tf.mul(gradient, omegas[task]!));
    });
    const complete = this.complete(combined);
    tf.dispose([omegas, combined]);
    return complete;
  }

  complete(scope: NamedGradients): NamedGradients {
    return { ...this.toParameters(scope), ...cloned(this.outside) };
  }
}

function scalars(weights: readonly number[] | tf.Tensor1D): tf.Scalar[] {
  return weights instanceof tf.Tensor
    ? (tf.unstack(weights) as tf.Scalar[])
    : weights.map((weight) => tf.scalar(weight));
}

function byName(names: readonly string[], found: readonly (tf.Tensor | undefined)[]): Gradients {
  const entries = names.map((name, index) => [name, found[index]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, tf.Tensor] => entry[1] !== undefined));
}

function cloned(gradients: NamedGradients): Gradients {
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, gradient.clone()]));
}

/** Adds a gradient, which is given away, to those of the same name. */
function addTo(sums: Gradients, name: string, gradient: tf.Tensor): void {
  const sum = sums[name];
  sums[name] = sum ? tf.add(sum, gradient) : gradient;
  if (sum) tf.dispose([sum, gradient]);
}

/** ⟨g_i, g_j⟩ over the names that both have. */
function dot(left: NamedGradients, right: NamedGradients): tf.Tensor {
  const products = Object.entries(left).flatMap(([name, gradient]) =>
    right[name] ? [innerProduct(gradient, right[name])] : [],
  );
  return products.length > 0 ? tf.addN(products) : tf.scalar(0);
}
