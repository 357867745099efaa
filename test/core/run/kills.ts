import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint, RunFolder, type LoadedConfig, type TrainingEvent } from '../../../core/index.js';
import { load, timeless } from './tiny.js';

/** A run of many steps, with a checkpoint after each, so that a kill often falls into one's writing. */
export function killed(...overrides: readonly string[]): Promise<LoadedConfig> {
  return load(
    'consistency=null',
    'dataset.train=12',
    'train.epochs=8',
    'train.checkpointEvery=1',
    'loader.workers=0',
    ...overrides,
  );
}

/** What a run has written of its training, which is to be the same however often it was killed. */
export function trainingOf(folder: string): object[] {
  return readFileSync(join(folder, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TrainingEvent)
    .filter(({ type }) => type !== 'start' && type !== 'checkpoint')
    .map(timeless);
}

/** The position that the folder's checkpoint holds; reading it checks that it is whole. */
export function savedStep(folder: string): number {
  const { last } = new RunFolder(folder);
  return existsSync(last) ? Number(readCheckpoint(last).progress!.values.step) : 0;
}

/** Step of the last checkpoint that `kill-process` told of; 0 where it told of none. */
export function toldStep(told: string): number {
  const steps = told.split('\n').filter((line) => /^\d+$/.test(line));
  return Number(steps.at(-1) ?? 0);
}
