import { existsSync, mkdirSync, readdirSync, readFileSync, appendFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { LoadedConfig } from '../config/index.js';
import { badValue, messageOf, MtlError } from '../errors.js';
import { writeAtomically } from '../io/atomic-write.js';
import type { TrainingEvent } from '../training/events.js';

/** What a run folder's `config.json` holds: enough to make the run again from the folder alone. */
export interface StoredConfig {
  /** Config file that it came from. */
  readonly file: string | null;
  /** Folder that its relative paths start from. */
  readonly baseFolder: string;
  readonly config: LoadedConfig['config'];
}

/** Events that are told but not written down: they say how far something is, not what came out. */
const fleeting: ReadonlySet<TrainingEvent['type']> = new Set(['validating']);

/** The folder that a run writes to, and nowhere else. */
export class RunFolder {
  readonly path: string;
  readonly last: string;
  readonly best: string;
  private readonly events: string;

  constructor(path: string) {
    this.path = resolve(path);
    this.last = join(this.path, 'checkpoints', 'last.safetensors');
    this.best = join(this.path, 'checkpoints', 'best.safetensors');
    this.events = join(this.path, 'events.jsonl');
  }

  /**
   * Makes the folder for a new run.
   * @throws MtlError `RUN_INVALID` where it holds something already.
   */
  create(loaded: LoadedConfig, engine: string): void {
    if (existsSync(this.path) && readdirSync(this.path).length > 0) {
      throw badValue('RUN_INVALID', {
        what: 'the run folder',
        expected: 'a new or empty folder',
        found: `files in ${this.path}`,
        fix: 'go on with that run by --resume, or name another folder with --run',
      });
    }
    mkdirSync(this.path, { recursive: true });
    this.writeJson('environment.json', {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      tensorflow: tf.version['tfjs-core'],
      engine,
      started: new Date().toISOString(),
    });
    const stored: StoredConfig = { file: loaded.file ?? null, baseFolder: loaded.baseFolder, config: loaded.config };
    this.writeJson('config.json', stored);
  }

  /** Whether a run was begun here. */
  exists(): boolean {
    return existsSync(join(this.path, 'config.json'));
  }

  /** @throws MtlError `RUN_INVALID` where this is no run folder. */
  readConfig(): StoredConfig {
    try {
      return JSON.parse(readFileSync(join(this.path, 'config.json'), 'utf8')) as StoredConfig;
    } catch (error) {
      throw new MtlError('RUN_INVALID', `${this.path} is not the folder of a run: ${messageOf(error)}`, { cause: error });
    }
  }

  append(event: TrainingEvent): void {
    if (!fleeting.has(event.type)) appendFileSync(this.events, `${JSON.stringify(event)}\n`);
  }

  /** Drops the events after a step: those of work that was lost and is done again. A torn last line goes too. */
  rewind(step: number): void {
    if (!existsSync(this.events)) return;
    const kept = readFileSync(this.events, 'utf8')
      .split('\n')
      .filter((line) => isUpTo(line, step));
    writeAtomically(this.events, kept.map((line) => `${line}\n`).join(''));
  }

  writeJson(name: string, value: unknown): void {
    writeAtomically(join(this.path, name), `${JSON.stringify(value, null, 2)}\n`);
  }
}

function isUpTo(line: string, step: number): boolean {
  try {
    const event = JSON.parse(line) as TrainingEvent;
    return event.type === 'start' ? event.resumedAt <= step : event.step <= step;
  } catch {
    return false;
  }
}
