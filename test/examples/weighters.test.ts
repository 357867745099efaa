import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { repositoryRoot } from '../repository.js';

function run(example: string, ...args: string[]): string {
  const file = join(repositoryRoot(), 'dist', 'examples', example);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' });
  expect(stderr).to.equal('');
  expect(status).to.equal(0);
  return stdout.trim();
}

describe('the examples of the weighters', function () {
  this.timeout(120_000);

  it('anywhere: equal weights neglect a task that others learn', () => {
    const lines = run('weighters-anywhere.js', 'equal', 'imtl', 'nashMtl').split('\n');
    const learnt = lines.map((line) => [...line.matchAll(/(-?\d+) %/g)].map(([, share]) => Number(share)));
    expect(learnt.map(({ length }) => length)).to.deep.equal([3, 3, 3]);
    const [equal, ...balanced] = learnt;
    expect(equal![1]).to.be.at.least(95);
    expect(equal![2]).to.be.below(75);
    for (const shares of balanced) expect(Math.min(...shares), String(shares)).to.be.at.least(90);
  });

  it('pareto: draws a picture', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pareto-'));
    try {
      const file = join(folder, 'pareto.png');
      expect(run('pareto.js', file, 'mgda')).to.equal(`Wrote ${file}`);
      expect(existsSync(file)).to.equal(true);
      expect(readFileSync(file).subarray(1, 4).toString()).to.equal('PNG');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
