import type { Json, NamedState, Stateful, TargetStatistics, Task } from '../contracts/index.js';
import { separate, type Loader } from '../data/index.js';
import { pause } from '../pause.js';

export interface ObserveOptions {
  readonly batchSize: number;
  /** Aborting it ends the work with `INTERRUPTED`. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (done: number, of: number) => void;
}

/** Shows every task that asks for it all targets of the training split, once and unaugmented. */
export async function observeTargets(
  train: Loader,
  tasks: readonly Task[],
  { batchSize, signal, onProgress }: ObserveOptions,
): Promise<void> {
  const asking = tasks.flatMap(({ name, statistics }) => (statistics ? [{ name, statistics }] : []));
  if (asking.length === 0) return;
  const of = train.batchCount({ batchSize });
  let done = 0;
  for await (const { targets } of train.batches({ batchSize, signal })) {
    for (const { name, statistics } of asking) {
      for (const target of separate(targets[name]!)) {
        if (target.mask.includes(1)) statistics.observe(target);
      }
    }
    onProgress(++done, of);
    await pause();
  }
}

/** What the tasks learned of their targets, as parts of a checkpoint, `task.NAME`. */
export function statisticsParts(tasks: readonly Task[]): Readonly<Record<string, Stateful>> {
  return Object.fromEntries(
    tasks.flatMap(({ name, statistics }) =>
      statistics ? [[`task.${name}`, new StatisticsPart(statistics)]] : [],
    ),
  );
}

class StatisticsPart implements Stateful {
  constructor(private readonly statistics: TargetStatistics) {}

  get state(): NamedState {
    return { tensors: {}, values: this.statistics.values };
  }

  restore({ values }: { readonly values: Readonly<Record<string, Json>> }): void {
    this.statistics.restore(values);
  }
}
