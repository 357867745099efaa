import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Random, readCheckpoint, RunFolder, train, type TrainingEvent } from '../../../core/index.js';
import { killed } from './kills.js';
import { timeless } from './tiny.js';

const kills = 200;
const program = fileURLToPath(new URL('kill-process.js', import.meta.url));

/** How a process ended, and what it said until then. */
interface Ended {
  readonly killed: boolean;
  /** Step of the last checkpoint that it told of. */
  readonly saved: number;
}

/** Trains on, and is killed so many milliseconds after its training started; Infinity = never. */
function strike(folder: string, after: number): Promise<Ended> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [told, errors] = ['', ''];
  child.stdout.on('data', (part: Buffer) => {
    if (told === '' && after < Infinity) setTimeout(() => child.kill('SIGKILL'), after);
    told += part.toString();
  });
  child.stderr.on('data', (part: Buffer) => (errors += part.toString()));
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL' && code !== 0) reject(new Error(errors));
      const steps = told.split('\n').filter((line) => /^\d+$/.test(line));
      resolve({ killed: signal === 'SIGKILL', saved: Number(steps.at(-1) ?? 0) });
    });
  });
}

describe(`a run that is killed ${kills} times at random moments`, () => {
  let path = '';
  before(() => {
    path = mkdtempSync(join(tmpdir(), 'kills-'));
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  const text = (run: string, file: string): string => readFileSync(join(path, run, file), 'utf8');
  const written = (run: string): object[] =>
    text(run, 'events.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TrainingEvent)
      .filter(({ type }) => type !== 'start' && type !== 'checkpoint')
      .map(timeless);

  it('goes on to the bit every time, and loses no checkpoint', async function () {
    this.timeout(900_000);
    await train(await killed(), { folder: join(path, 'whole') });
    let left = kills;
    /** Runs until the kills are used up; each run ends as the undisturbed one did. */
    const worker = async (name: string): Promise<void> => {
      const random = new Random(0, 'kills', name);
      for (let run = 0; left > 0; run++) {
        const folder = `${name}-${run}`;
        let last = 0;
        for (let done = false; !done;) {
          const ended = await strike(join(path, folder), left > 0 ? random.uniform(0, 450) : Infinity);
          done = !ended.killed;
          if (ended.killed) left -= 1;
          last = Math.max(last, ended.saved);
          expect(savedStep(join(path, folder)), folder).to.be.at.least(last);
        }
        expect(written(folder), folder).to.deep.equal(written('whole'));
        expect(text(folder, 'metrics.json'), folder).to.equal(text('whole', 'metrics.json'));
        rmSync(join(path, folder), { recursive: true });
      }
    };
    await Promise.all([worker('first'), worker('second')]);
    expect(left).to.be.at.most(0);
  });

  /** The position that the folder's checkpoint holds; reading it checks that it is whole. */
  function savedStep(folder: string): number {
    const { last } = new RunFolder(folder);
    return existsSync(last) ? Number(readCheckpoint(last).progress!.values.step) : 0;
  }
});
