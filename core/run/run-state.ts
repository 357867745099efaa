import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricValues } from '../evaluation/index.js';
import type { TrainingEvent } from '../training/events.js';
import type { RunFolder } from './folder.js';
import { lockHolder } from './lock.js';

/** What a run does: it goes on just now, came to its end, was stopped, or ended in the midst (a crash, a kill). */
export type RunState = 'running' | 'finished' | 'interrupted' | 'unfinished';

/** How far a run is, from its events. */
export interface RunProgress {
  readonly state: RunState;
  /** Epochs done. */
  readonly epoch: number;
  /** Of the best model so far, on the validation split; null before the first validation. */
  readonly metrics: MetricValues | null;
}

type Told = Extract<TrainingEvent, { type: 'epoch' | 'validation' | 'stopped' }>;

/** Most lines are steps, which need not be read. */
const telling = /^\{"type":"(epoch|validation|stopped)"/;

/**
 * @param epochs that the run is to have
 * @param known its events, where they were read already
 */
export function runProgress(
  folder: RunFolder,
  epochs: number,
  known?: readonly TrainingEvent[],
): RunProgress {
  const events = known?.filter(isTelling) ?? told(join(folder.path, 'events.jsonl'));
  const ended = events.filter((event) => event.type === 'epoch').at(-1);
  const epoch = ended ? ended.epoch + 1 : 0;
  const best = events.filter((event) => event.type === 'validation' && event.best).at(-1);
  const last = events.at(-1);
  const isDone = epoch >= epochs || (last?.type === 'stopped' && last.reason === 'no improvement');
  return { state: stateOf(), epoch, metrics: best?.type === 'validation' ? best.metrics : null };

  function stateOf(): RunState {
    if (lockHolder(folder.path)) return 'running';
    // The result of an earlier end may be there still, where the run has gone on since.
    if (isDone && existsSync(join(folder.path, 'metrics.json'))) return 'finished';
    return last?.type === 'stopped' && last.reason === 'interrupted' ? 'interrupted' : 'unfinished';
  }
}

function isTelling(event: TrainingEvent): event is Told {
  return event.type === 'epoch' || event.type === 'validation' || event.type === 'stopped';
}

function told(file: string): readonly Told[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => telling.test(line))
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Told];
      } catch {
        return []; // torn by a kill, or being written
      }
    });
}
