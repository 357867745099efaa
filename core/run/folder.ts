import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { LoadedConfig } from '../config/index.js';
import { badValue, messageOf, MtlError } from '../errors.js';
import { writeAtomically } from '../io/atomic-write.js';
import { writeFailure } from '../io/write-failure.js';
import type { DataInfo } from '../registry/index.js';
import type { TrainingEvent } from '../training/events.js';
import type { Environment, Resumption } from './environment.js';
import { lockName } from './lock.js';

/** What a run folder's `config.json` holds: enough to make the run again from the folder alone. */
export interface StoredConfig {
  /** Config file that it came from. */
  readonly file: string | null;
  /** Folder that its relative paths start from. */
  readonly baseFolder: string;
  readonly config: LoadedConfig['config'];
  /** Of the data set: a trained model predicts without it. */
  readonly data: DataInfo;
}

/** How far a checkpoint is. */
export interface Position {
  /** Epochs done, validation included unless it is due. */
  readonly epoch: number;
  /** Steps done in all. */
  readonly step: number;
  /** Whether the last epoch's validation is still to be done. */
  readonly validationDue?: boolean;
}

/** Events that are told but not written down: they say how far something is, not what came out. */
const fleeting: ReadonlySet<TrainingEvent['type']> = new Set(['validating', 'observing']);

/** What a write leaves beside its file when the process is killed. */
const leftover = /\.tmp$/;

const checkpointName = /^(last|previous|step-\d+)\.safetensors$/;

/** What may stand in a folder that a new run is put into. */
const passing = (name: string): boolean => leftover.test(name) || name.startsWith(lockName);

/** The folder that a run writes to, and nowhere else. */
export class RunFolder {
  readonly path: string;
  readonly last: string;
  /** The checkpoint before the last one. */
  readonly previous: string;
  /** The best model alone. */
  readonly best: string;
  private readonly events: string;

  constructor(path: string) {
    this.path = resolve(path);
    this.last = join(this.path, 'checkpoints', 'last.safetensors');
    this.previous = join(this.path, 'checkpoints', 'previous.safetensors');
    this.best = join(this.path, 'checkpoints', 'best.safetensors');
    this.events = join(this.path, 'events.jsonl');
  }

  /** @throws MtlError `RUN_INVALID` where a new run cannot be put here: there is something already. */
  assertFree(): void {
    const found = contents(this.path);
    if (found?.every(passing)) return;
    throw badValue('RUN_INVALID', {
      what: 'the run folder',
      expected: 'a new or empty folder',
      found: `${found ? 'files in' : 'the file'} ${this.path}`,
      fix: this.exists()
        ? 'go on with that run by --resume, or name another folder with --run'
        : 'name another folder with --run',
    });
  }

  /**
   * Makes the folder for a new run.
   * @throws MtlError `RUN_INVALID` where it cannot be written.
   */
  create(loaded: LoadedConfig, data: DataInfo, environment: Environment): void {
    try {
      mkdirSync(this.path, { recursive: true });
    } catch (error) {
      throw writeFailure(`the run folder ${this.path}`, undefined, error);
    }
    // The config first: what has it is a run, and can be resumed.
    const { file = null, baseFolder, config } = loaded;
    this.writeConfig({ file, baseFolder, config, data });
    this.writeJson('environment.json', environment);
  }

  /** @throws MtlError `RUN_INVALID` where the folder was removed while the run went on: half of it would be made anew. */
  assertThere(): void {
    if (this.exists()) return;
    throw badValue('RUN_INVALID', {
      what: 'the run folder',
      expected: 'to stay where it is while the run goes on',
      found: `${this.path} removed or emptied`,
      fix: 'put it back and go on by --resume, or train anew',
    });
  }

  /** Whether a run was begun here. */
  exists(): boolean {
    return existsSync(join(this.path, 'config.json'));
  }

  /** @throws MtlError `RUN_INVALID` where this is no run folder. */
  readConfig(): StoredConfig {
    const file = join(this.path, 'config.json');
    if (!existsSync(file)) {
      throw badValue('RUN_INVALID', {
        what: 'the run',
        expected: 'the folder of a run',
        found: existsSync(this.path) ? `no config.json in ${this.path}` : `no folder ${this.path}`,
        fix: 'check the path; "mtl train" starts a run',
      });
    }
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as StoredConfig;
    } catch (error) {
      throw new MtlError('RUN_INVALID', `Cannot read ${file}: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Keeps what a resume and an evaluation start from. */
  writeConfig(stored: StoredConfig): void {
    this.writeJson('config.json', stored);
  }

  /** Undefined where it is absent or broken: a run can go on without it. An older release's lacks some of it. */
  readEnvironment(): Partial<Environment> | undefined {
    try {
      return JSON.parse(readFileSync(join(this.path, 'environment.json'), 'utf8')) as Partial<Environment>;
    } catch {
      return undefined;
    }
  }

  /** Writes down that the run goes on. */
  addResumption(resumption: Resumption): void {
    const environment = this.readEnvironment();
    const resumed = [...(environment?.resumed ?? []), resumption];
    this.writeJson('environment.json', { ...environment, resumed });
  }

  /** The checkpoint of a step that is kept. */
  kept(step: number): string {
    return join(dirname(this.last), `step-${String(step).padStart(6, '0')}.safetensors`);
  }

  /** The names of what a run can go on from: `last`, `previous`, `step-000100` …, the newest of these first. */
  checkpoints(): readonly string[] {
    const names = (contents(dirname(this.last)) ?? []).flatMap(
      (file) => checkpointName.exec(file)?.[1] ?? [],
    );
    const isStep = (name: string): boolean => name.startsWith('step-');
    const step = (name: string): number => Number(name.slice('step-'.length));
    const kept = names.filter(isStep).toSorted((left, right) => step(right) - step(left));
    return [...names.filter((name) => !isStep(name)).toSorted(), ...kept];
  }

  /**
   * The file of a checkpoint.
   * @param name one of `checkpoints`
   */
  checkpoint(name: string): string {
    return join(dirname(this.last), `${name}.safetensors`);
  }

  /**
   * Adds a line to `events.jsonl`.
   * @throws MtlError `RUN_INVALID` where it cannot be written
   */
  append(event: TrainingEvent): void {
    if (fleeting.has(event.type)) return;
    const line = `${JSON.stringify(event)}\n`;
    try {
      this.assertThere();
      appendFileSync(this.events, line);
    } catch (error) {
      throw writeFailure(this.events, Buffer.byteLength(line), error);
    }
  }

  /** Drops the events of work after a checkpoint, which is done again, and what a kill left half-written. */
  rewind(position: Position): void {
    for (const folder of [this.path, dirname(this.last)]) {
      for (const name of contents(folder) ?? []) {
        if (leftover.test(name)) rmSync(join(folder, name), { force: true, recursive: true });
      }
    }
    if (!existsSync(this.events)) return;
    const kept = readFileSync(this.events, 'utf8')
      .split('\n')
      .filter((line) => stands(line, position));
    writeAtomically(this.events, kept.map((line) => `${line}\n`).join(''));
  }

  /** Writes a file of the folder, whole or not at all. */
  writeJson(name: string, value: unknown): void {
    writeAtomically(join(this.path, name), `${JSON.stringify(value, null, 2)}\n`);
  }
}

/** Names in a folder, none where it does not exist; undefined where it is a file. */
function contents(path: string): readonly string[] | undefined {
  try {
    return readdirSync(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : undefined;
  }
}

/** Whether a line of the events tells of work that a checkpoint holds. A line torn by a kill does not. */
function stands(line: string, { epoch, step, validationDue }: Position): boolean {
  let event: TrainingEvent;
  try {
    event = JSON.parse(line) as TrainingEvent;
  } catch {
    return false;
  }
  switch (event.type) {
    case 'start':
      return event.resumedAt <= step;
    case 'epoch':
      // A checkpoint of the epoch's last step may be older than the epoch's end.
      return event.epoch < epoch;
    case 'validation':
      return event.epoch < (validationDue ? epoch - 1 : epoch);
    case 'stopped':
      return false; // it goes on
    case 'badSample':
      return true; // its place in the work is not known
    case 'note':
    case 'step':
    case 'skipped':
    case 'rollback':
    case 'checkpoint':
    case 'validating':
      return event.step <= step;
    case 'observing':
      return false;
  }
}
