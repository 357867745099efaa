import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { badValue, messageOf, MtlError } from '../errors.js';
import type { MetricValues } from '../evaluation/index.js';
import { writeAtomically } from '../io/atomic-write.js';
import { changes } from '../run/changes.js';
import { RunFolder } from '../run/folder.js';
import { lockName } from '../run/lock.js';
import { comparable } from '../run/resume.js';
import type { OwnableFolder } from '../run/own-folder.js';
import type { ComparisonCell, ComparisonSource } from './load.js';
import type { ComparisonResult } from './result.js';

/** What came of a cell: a file of its own beside the runs. */
export type CellOutcome =
  | {
      readonly state: 'done';
      readonly split: 'val' | 'test';
      /** Of the best model, on that split. */
      readonly metrics: MetricValues;
      /** Trainable parameters. */
      readonly parameters: number;
    }
  | { readonly state: 'failed'; readonly code: string | null; readonly reason: string };

/** What `comparison.json` holds: what was asked for, and all that came of it so far. */
export interface StoredComparison {
  readonly version: 1;
  readonly source: ComparisonSource;
  readonly result: ComparisonResult;
}

/** The folder of a comparison: `comparison.json`, the tables, `runs/` and `cells/`. */
export class ComparisonFolder implements OwnableFolder {
  readonly path: string;
  private readonly main: string;

  constructor(path: string) {
    this.path = resolve(path);
    this.main = join(this.path, 'comparison.json');
  }

  exists(): boolean {
    return existsSync(this.main);
  }

  /** @throws MtlError `RUN_INVALID` where there is something else already */
  assertFree(): void {
    if (!existsSync(this.path)) return;
    const names = statSync(this.path).isDirectory() ? readdirSync(this.path) : [this.path];
    if (names.every((name) => name.startsWith(lockName) || name.endsWith('.tmp'))) return;
    throw badValue('RUN_INVALID', {
      what: 'the folder of the comparison',
      expected: 'a new or empty folder, or a comparison’s',
      found: `something else at ${this.path}`,
      fix: 'name another folder with --out',
    });
  }

  /** @throws MtlError `RUN_INVALID` where this is no comparison's folder */
  read(): StoredComparison {
    if (!this.exists()) {
      throw badValue('RUN_INVALID', {
        what: '--out',
        expected: 'the folder of a comparison',
        found: existsSync(this.path) ? `no comparison.json in ${this.path}` : `no folder ${this.path}`,
        fix: 'check the path, or name what to compare with --file or --preset',
      });
    }
    try {
      const stored = JSON.parse(readFileSync(this.main, 'utf8')) as StoredComparison;
      if ((stored.version as unknown) !== 1) throw new Error('it is not of version 1');
      return stored;
    } catch (error) {
      throw new MtlError('RUN_INVALID', `Cannot read ${this.main}: ${messageOf(error)}`, { cause: error });
    }
  }

  write(stored: StoredComparison): void {
    this.writeText('comparison.json', json(stored));
  }

  writeText(name: string, text: string): void {
    writeAtomically(join(this.path, name), text);
  }

  /** The run folder of a cell. */
  run({ name }: Pick<ComparisonCell, 'name'>): string {
    return join(this.path, 'runs', name);
  }

  /** What came of a cell; undefined where it is still to be done, or its run was removed. */
  outcome(cell: ComparisonCell): CellOutcome | undefined {
    try {
      const outcome = JSON.parse(readFileSync(this.outcomeFile(cell), 'utf8')) as CellOutcome;
      return outcome.state === 'failed' || new RunFolder(this.run(cell)).exists() ? outcome : undefined;
    } catch {
      return undefined; // it is not there, or damaged: the cell is measured again
    }
  }

  writeOutcome(cell: ComparisonCell, outcome: CellOutcome): void {
    writeAtomically(this.outcomeFile(cell), json(outcome));
  }

  /** @throws MtlError `RUN_INVALID` where runs were begun with other configs, with what differs */
  assertSame(cells: readonly ComparisonCell[]): void {
    const found = new Map<string, string[]>();
    let begun = 0;
    for (const cell of cells) {
      const run = new RunFolder(this.run(cell));
      if (!run.exists()) continue;
      begun++;
      for (const change of changes(sameInAll(run.readConfig().config), sameInAll(cell.loaded.config))) {
        found.set(change, [...(found.get(change) ?? []), cell.name]);
      }
    }
    if (found.size === 0) return;
    const lines = [...found].map(([change, names]) => {
      return `  ${change} in ${names.length === begun ? `all ${begun} runs` : names.join(', ')}`;
    });
    throw new MtlError(
      'RUN_INVALID',
      `The runs in ${this.path} were begun with other configs:\n${lines.join('\n')}\n` +
        'Undo the change, name another folder with --out, or remove these runs’ folders to train them anew',
    );
  }

  private outcomeFile({ name }: ComparisonCell): string {
    return join(this.path, 'cells', `${name}.json`);
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A run may be lengthened, but rows of a table are trained for the same number of epochs as those done before. */
function sameInAll(config: ComparisonCell['loaded']['config']): unknown {
  return { ...comparable(config), epochs: config.train.epochs };
}
