import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Random, train } from '../../../core/index.js';
import { killed, savedStep, toldStep, trainingOf } from './kills.js';

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
      resolve({ killed: signal === 'SIGKILL', saved: toldStep(told) });
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
  const written = (run: string): object[] => trainingOf(join(path, run));

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
});
