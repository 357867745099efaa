import * as tf from '@tensorflow/tfjs';
import type { NamedGradients, Weighter } from '../contracts/index.js';
import { MtlError } from '../errors.js';
import { keepingStatistics } from '../layers/index.js';
import { globalNorm } from './clip.js';
import { diagnosticsOf, type GradientDiagnostics } from './diagnostics.js';
import { NotFiniteError, withLosses } from './not-finite.js';
import { TapeProblem } from './problem.js';
import { readScalars } from './read-scalars.js';
import { Tape } from './tape.js';

/** One task's loss: `total` is L_t; other terms are read along with it. */
export type LossTerms = Readonly<{ total: tf.Scalar } & Record<string, tf.Scalar>>;

/** What one step is differentiated from. */
export interface DifferentiateArgs {
  /** The forward pass, recorded and freed: the losses by task, in the order that the weighter was set up with. */
  readonly forward: () => Readonly<Record<string, LossTerms>>;
  readonly weighter: Weighter;
  /** The model's trainable variables by name. */
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  /** Whether the tasks' gradients are compared, too. */
  readonly diagnose?: boolean;
}

/** What comes out of one step. */
export interface Differentiated {
  /** The losses' terms as numbers, by task; all finite. */
  readonly losses: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The weighter's update: the model's gradients and its own parameters'. The caller's. */
  readonly gradients: NamedGradients;
  /** The gradients' global norm. */
  readonly norm: number;
  readonly diagnostics?: GradientDiagnostics;
  /** ms */
  readonly times: { readonly forward: number; readonly backward: number };
}

/**
 * One forward pass, and the update that a weighter makes of its losses.
 * @throws MtlError `LOSS_NOT_FINITE`, `GRADIENT_NOT_FINITE` naming the task
 */
export async function differentiate(args: DifferentiateArgs): Promise<Differentiated> {
  const { weighter, diagnose = false } = args;
  const started = performance.now();
  return withProblem(args, async (problem, losses) => {
    const forwarded = performance.now();
    const gramian = diagnose ? await problem.perTask('shared').gramian() : undefined;
    const gradients = await weighter.update(problem);
    const norm = await normOf(gradients);
    if (!Number.isFinite(norm)) {
      tf.dispose(gradients);
      throw await culprit(args);
    }
    const times = { forward: forwarded - started, backward: performance.now() - forwarded };
    return {
      losses,
      gradients,
      norm,
      times,
      ...(gramian ? { diagnostics: diagnosticsOf(problem.tasks, gramian) } : {}),
    };
  });
}

type Values = Record<string, Record<string, number>>;

async function withProblem<T>(
  { forward, parameters }: DifferentiateArgs,
  use: (problem: TapeProblem, losses: Values) => Promise<T>,
): Promise<T> {
  const { tape, result } = Tape.record(() => ({ ...forward() }));
  const tasks = Object.keys(result);
  let problem: TapeProblem | undefined;
  try {
    const losses = await read(result);
    assertFinite(losses);
    problem = new TapeProblem({
      tasks,
      losses: tasks.map((task) => result[task]!.total),
      values: tasks.map((task) => losses[task]!.total!),
      tape,
      parameters,
    });
    return await use(problem, losses).catch((error: unknown) => {
      throw withLosses(error, losses);
    });
  } finally {
    problem?.dispose();
    tape.dispose();
    tf.dispose(result);
  }
}

async function read(losses: Readonly<Record<string, LossTerms>>): Promise<Values> {
  const values = await readScalars(
    () => Object.values(losses).flatMap((terms) => Object.values(terms)),
    true,
  );
  return Object.fromEntries(
    Object.entries(losses).map(([task, terms]) => [
      task,
      Object.fromEntries(Object.keys(terms).map((term) => [term, values.shift()!])),
    ]),
  );
}

function assertFinite(losses: Values): void {
  for (const [task, { total, ...terms }] of Object.entries(losses)) {
    if (Number.isFinite(total)) continue;
    const shown = Object.entries(terms).map(([term, value]) => `${term} ${value}`);
    throw new NotFiniteError(
      'LOSS_NOT_FINITE',
      `The loss of task "${task}" is ${total}${shown.length > 0 ? ` (${shown.join(', ')})` : ''}; ` +
        'try a lower learning rate (train.optimizer.lr) or train.clipNorm',
      losses,
    );
  }
}

async function normOf(gradients: NamedGradients): Promise<number> {
  const norm = globalNorm(gradients);
  const [value] = await norm.data();
  norm.dispose();
  return value!;
}

/** Whose gradient it was that is no number: the forward pass is done anew, and each task's backward pass. */
async function culprit(args: DifferentiateArgs): Promise<MtlError> {
  try {
    const again = { ...args, forward: () => keepingStatistics(args.forward) };
    await withProblem(again, (problem) => problem.perTask('all').gramian());
  } catch (error) {
    if (error instanceof MtlError) return error;
    throw error;
  }
  return new MtlError(
    'GRADIENT_NOT_FINITE',
    'Every task’s gradient is finite, but what the weighter makes of them is not; try another one',
  );
}
