import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { MetricValues } from '../evaluation/index.js';
import { badValue } from '../errors.js';
import { differences, type Difference } from './changes.js';
import { lastEngine } from './environment.js';
import { RunFolder } from './folder.js';
import { runProgress, type RunProgress } from './run-state.js';

/** A run at a glance. */
export interface RunListing extends RunProgress {
  readonly name: string;
  readonly path: string;
  /** ISO 8601 */
  readonly started: string;
  readonly epochs: number;
  /** The one that it was computed with last; null where that is not known. */
  readonly engine: string | null;
}

/** In what two runs differ. */
export interface RunComparison {
  readonly runs: readonly [RunListing, RunListing];
  /** `before` is the first run's, `now` the second one's. */
  readonly config: readonly Difference[];
  readonly environment: readonly Difference[];
  /** Of the best models: both runs' values of each metric, null where a run has none. */
  readonly metrics: Readonly<
    Record<string, Readonly<Record<string, readonly [number | null, number | null]>>>
  >;
}

/**
 * The runs in a folder, newest first. What is no run, or cannot be read as one, is passed over.
 * @throws MtlError `RUN_INVALID` where there is no such folder
 */
export function listRuns(folder: string): readonly RunListing[] {
  const path = resolve(folder);
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw badValue('RUN_INVALID', {
      what: 'the folder of runs',
      expected: 'a folder',
      found: `nothing of the kind at ${path}`,
      fix: '"mtl train" starts a run in runs/; or name another folder',
    });
  }
  return readdirSync(path)
    .map((name) => new RunFolder(join(path, name)))
    .filter((run) => run.exists())
    .flatMap((run) => {
      try {
        return [describeRun(run)];
      } catch {
        return [];
      }
    })
    .toSorted(
      (left, right) => right.started.localeCompare(left.started) || left.name.localeCompare(right.name),
    );
}

/** @throws MtlError `RUN_INVALID` where one of them is no folder of a run */
export function compareRuns(first: string, second: string): RunComparison {
  const folders = [new RunFolder(first), new RunFolder(second)] as const;
  const [one, other] = folders.map((folder) => folder.readConfig());
  const [here, there] = folders.map((folder) => environmentOf(folder));
  const runs = [describeRun(folders[0]), describeRun(folders[1])] as const;
  return {
    runs,
    config: differences(one!.config, other!.config),
    environment: differences(here, there),
    metrics: besides(runs[0].metrics ?? {}, runs[1].metrics ?? {}),
  };
}

function describeRun(folder: RunFolder): RunListing {
  const { config } = folder.readConfig();
  const environment = folder.readEnvironment();
  const { epochs } = config.train;
  return {
    name: basename(folder.path),
    path: folder.path,
    started: environment?.started ?? statSync(join(folder.path, 'config.json')).mtime.toISOString(),
    epochs,
    engine: lastEngine(environment)?.engine ?? null,
    ...runProgress(folder, epochs),
  };
}

/** When a run began makes no difference, and on how many parts it went on neither, but with which engines does. */
function environmentOf(folder: RunFolder): unknown {
  const environment = folder.readEnvironment();
  const resumed = environment?.resumed?.map(({ engine, step }) => ({ engine, step }));
  return { ...environment, started: undefined, resumed };
}

function besides(first: MetricValues, second: MetricValues): RunComparison['metrics'] {
  const names = (values: MetricValues, task: string): string[] => Object.keys(values[task] ?? {});
  const tasks = new Set([...Object.keys(first), ...Object.keys(second)]);
  return Object.fromEntries(
    [...tasks].map((task) => [
      task,
      Object.fromEntries(
        [...new Set([...names(first, task), ...names(second, task)])].map((name) => [
          name,
          [first[task]?.[name] ?? null, second[task]?.[name] ?? null] as const,
        ]),
      ),
    ]),
  );
}
