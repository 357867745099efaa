import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Random } from '../../../core/index.js';
import { describeOn } from '../../engines.js';
import { localLaunches } from '../../local-launches.js';
import { plainEnvironment } from '../../plain-environment.js';
import { startProgram, type Ended } from '../../run-program.js';
import { savedStep, toldStep, trainingOf } from '../run/kills.js';

const kills = 20;
const size = 2;
const program = fileURLToPath(new URL('../run/kill-process.js', import.meta.url));

/** Trains on as two ranks, of which one is killed so many milliseconds after the training started; Infinity = never. */
async function strike(folder: string, victim: number, after: number): Promise<readonly Ended[]> {
  const ranks = (await localLaunches(size)).map((launch) => {
    const args = ['--import', 'reflect-metadata', program, folder, JSON.stringify(launch)];
    return startProgram(process.execPath, args, plainEnvironment);
  });
  ranks[0]!.child.stdout!.once('data', () => {
    if (after < Infinity) setTimeout(() => ranks[victim]!.child.kill('SIGKILL'), after);
  });
  return Promise.all(ranks.map(({ ended }) => ended));
}

describeOn('torch', `a run of ${size} ranks of which one is killed, ${kills} times at random moments`, () => {
  let path = '';
  before(() => {
    path = mkdtempSync(join(tmpdir(), 'kills-'));
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  const written = (run: string): object[] => trainingOf(join(path, run));

  it('ends the other rank, goes on to the bit every time, and loses no checkpoint', async function () {
    this.timeout(900_000);
    expectDone(await strike(join(path, 'whole'), 0, Infinity));
    let left = kills;
    /** Runs until the kills are used up; each run ends as the undisturbed one did. */
    const worker = async (name: string): Promise<void> => {
      const random = new Random(0, 'kills of ranks', name);
      for (let run = 0; left > 0; run++) {
        const folder = `${name}-${run}`;
        let saved = 0;
        for (let done = false; !done;) {
          const victim = Math.floor(random.uniform(0, size));
          const after = left > 0 ? random.uniform(0, 1500) : Infinity;
          const ended = await strike(join(path, folder), victim, after);
          const others = ended.filter((_, rank) => rank !== victim);
          const what = `${folder}, rank ${victim} killed`;
          done = ended[victim]!.signal !== 'SIGKILL';
          if (done) expectDone(ended);
          else {
            left -= 1;
            expectTold(others, what);
          }
          saved = Math.max(saved, toldStep(ended[0]!.stdout));
          expect(savedStep(join(path, folder)), what).to.be.at.least(saved);
        }
        expect(written(folder), folder).to.deep.equal(written('whole'));
        rmSync(join(path, folder), { recursive: true });
      }
    };
    await Promise.all([worker('first'), worker('second')]);
    expect(left).to.be.at.most(0);
  });
});

function expectDone(ended: readonly Ended[]): void {
  for (const { code, stderr } of ended) expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
}

/** Whoever was done by then has nothing to tell. */
function expectTold(others: readonly Ended[], what: string): void {
  for (const { code, stderr } of others) {
    if (code !== 0) expect(stderr, `${what}, the other says ${stderr}`).to.match(/code: 'RANK_LOST'/);
  }
}
