import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RunFolder, type StoredConfig } from '../run/folder.js';
import { runProgress, type RunProgress } from '../run/run-state.js';
import type { Environment, RunResult } from '../run/index.js';
import type { TrainingEvent } from '../training/index.js';
import { EventsFile } from './events-file.js';

/** Events of one type. */
export type EventsOf<T extends TrainingEvent['type']> = readonly Extract<TrainingEvent, { type: T }>[];

/** All that a run has told of itself so far. */
export interface RunHistory extends RunProgress {
  /** The folder's name, and the whole path. */
  readonly name: string;
  readonly path: string;
  readonly stored: StoredConfig;
  /** Undefined where it is absent or broken. */
  readonly environment: Partial<Environment> | undefined;
  /** One for each time that the run was started or went on; what was dropped by a resume is not there any more. */
  readonly starts: EventsOf<'start'>;
  readonly steps: EventsOf<'step'>;
  readonly epochs: EventsOf<'epoch'>;
  readonly validations: EventsOf<'validation'>;
  readonly skipped: EventsOf<'skipped'>;
  readonly rollbacks: EventsOf<'rollback'>;
  readonly badSamples: EventsOf<'badSample'>;
  readonly notes: EventsOf<'note'>;
  readonly stops: EventsOf<'stopped'>;
  /** What `metrics.json` holds; undefined until the run has come to its end. */
  readonly result: Pick<RunResult, 'metrics' | 'baselines'> | undefined;
}

/**
 * What a run's folder tells, of a run that is over or goes on.
 * @throws MtlError `RUN_INVALID` where it is no folder of a run
 */
export function readHistory(folder: string): RunHistory {
  return new HistoryReader(folder).read();
}

/** Reads a run's history again and again, as it grows. */
export class HistoryReader {
  private readonly folder: RunFolder;
  private readonly events: EventsFile;

  constructor(folder: string) {
    this.folder = new RunFolder(folder);
    this.events = new EventsFile(join(this.folder.path, 'events.jsonl'));
  }

  /** @throws MtlError `RUN_INVALID` where it is no folder of a run */
  read(): RunHistory {
    const stored = this.folder.readConfig();
    const events = this.events.read();
    const progress = runProgress(this.folder, stored.config.train.epochs, events);
    const of = <T extends TrainingEvent['type']>(type: T): EventsOf<T> =>
      events.filter((event): event is Extract<TrainingEvent, { type: T }> => event.type === type);
    return {
      name: basename(this.folder.path),
      path: this.folder.path,
      stored,
      environment: this.folder.readEnvironment(),
      starts: of('start'),
      steps: of('step'),
      epochs: of('epoch'),
      validations: of('validation'),
      skipped: of('skipped'),
      rollbacks: of('rollback'),
      badSamples: of('badSample'),
      notes: of('note'),
      stops: of('stopped'),
      ...progress,
      // An earlier end's result may be there still, where the run goes on.
      result: progress.state === 'finished' ? this.result() : undefined,
    };
  }

  private result(): RunHistory['result'] {
    try {
      return JSON.parse(readFileSync(join(this.folder.path, 'metrics.json'), 'utf8')) as RunResult;
    } catch {
      return undefined; // removed, or not whole
    }
  }
}
