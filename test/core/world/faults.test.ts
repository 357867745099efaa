import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describeOn } from '../../engines.js';
import { localLaunches } from '../../local-launches.js';
import { plainEnvironment } from '../../plain-environment.js';

const program = fileURLToPath(new URL('./fault-program.js', import.meta.url));
const size = 3;

interface Told {
  /** The mean of the ranks' numbers, while all was well. */
  readonly before: number;
  readonly code: string;
  readonly message: string;
  /** ms */
  readonly waited: number;
}

/** What the ranks without the fault are told. @param fault ends with the rank that has it */
async function toldOf(fault: string): Promise<readonly Told[]> {
  const ranks = (await localLaunches(size)).map((launch) => {
    const args = ['--import', 'reflect-metadata', program, JSON.stringify(launch), fault];
    return spawn(process.execPath, args, { env: plainEnvironment, stdio: ['ignore', 'pipe', 'inherit'] });
  });
  const told = ranks
    .filter((_, rank) => rank !== Number(fault.at(-1)))
    .map(async (child) => {
      let text = '';
      for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk as string;
      return JSON.parse(text) as Told;
    });
  try {
    return await Promise.all(told);
  } finally {
    for (const child of ranks) child.kill('SIGKILL');
  }
}

describeOn('torch', 'a rank that goes wrong', function () {
  this.timeout(120_000);

  const faults: readonly (readonly [string, string, RegExp])[] = [
    ['is killed', 'kill1', /^rank 1 gives no sign of life since 3 s: it was killed, hangs or is cut off$/],
    ['is stopped', 'stop2', /^rank 2 gives no sign of life since 3 s/],
    ['hangs', 'hang1', /^rank 1 has not come to where the others wait for it within 15 s$/],
    ['fails', 'fail2', /^rank 2: the disk is full$/],
    ['is the one that keeps the store', 'kill0', /^rank 0, which keeps the ranks together, is gone$/],
  ];
  for (const [title, fault, says] of faults) {
    it(`ends the others, who name it, where it ${title}`, async () => {
      const told = await toldOf(fault);
      expect(told).to.have.length(size - 1);
      for (const { before, code, message } of told) {
        expect(before).to.be.closeTo(1, 1e-6);
        expect(code).to.equal('RANK_LOST');
        expect(message).to.match(says);
      }
    });
  }
});
