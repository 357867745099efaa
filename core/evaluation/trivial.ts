import type { Task } from '../contracts/index.js';
import { separate, type HostBatch, type Loader } from '../data/index.js';
import { pause } from '../pause.js';
import { evaluate, type EvaluationData, type Predictor } from './evaluate.js';

/** What a predictor that looks at no image reaches, for one task. */
export interface Baseline {
  /** E.g. `majority class`. */
  readonly predictor: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** The trivial predictors' results by task. */
export type Baselines = Readonly<Record<string, Baseline>>;

/**
 * The metrics of each task's trivial predictor, learned from one split and measured on another: the bar that a
 * model must clear before its numbers mean anything.
 */
export async function trivialBaselines(train: Loader, data: EvaluationData): Promise<Baselines> {
  const predictors = data.tasks.map((task) => ({ task, trivial: task.trivial() }));
  for await (const { targets } of train.batches({ batchSize: data.batchSize, signal: data.signal })) {
    for (const { task, trivial } of predictors) {
      for (const target of separate(targets[task.name]!)) trivial.update(target);
    }
    await pause();
  }
  const constants = predictors.map(({ task, trivial }) => [task, trivial.compute()] as const);
  const metrics = await evaluate(constantPredictor(constants), data);
  return Object.fromEntries(
    predictors.map(({ task, trivial }) => [
      task.name,
      { predictor: trivial.name, metrics: metrics[task.name]! },
    ]),
  );
}

function constantPredictor(constants: readonly (readonly [Task, readonly number[]])[]): Predictor {
  return (batch: HostBatch) =>
    Promise.resolve(
      Object.fromEntries(
        constants.map(([task, values]) => {
          const filled = new Float32Array(batch.targets[task.name]!.value.length);
          filled.forEach((_, place) => (filled[place] = values[place % values.length]!));
          return [task.name, filled];
        }),
      ),
    );
}
