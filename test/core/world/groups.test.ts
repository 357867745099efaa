import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describeOn } from '../../engines.js';
import { localLaunches } from '../../local-launches.js';
import { plainEnvironment } from '../../plain-environment.js';

const program = fileURLToPath(new URL('./group-program.js', import.meta.url));

interface Found {
  /** Within the group, of how many, and the group's first among all. */
  readonly rank: readonly number[];
  readonly mean: number;
  readonly group: readonly string[];
  readonly all: readonly string[];
  readonly claimed: readonly number[];
  readonly nothing: null;
  readonly after: { readonly code?: string; readonly message?: string; readonly mean?: number };
}

/** What each rank comes to; undefined of one that is killed. */
async function foundBy(size: number, group: number, fault = 'none'): Promise<readonly (Found | undefined)[]> {
  const told = (await localLaunches(size)).map(async (launch) => {
    const args = ['--import', 'reflect-metadata', program, JSON.stringify(launch), String(group)];
    const child = spawn(process.execPath, [...args, fault], {
      env: plainEnvironment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk as string;
    return text === '' ? undefined : (JSON.parse(text) as Found);
  });
  return Promise.all(told);
}

describeOn('torch', 'groups of ranks', function () {
  this.timeout(120_000);

  for (const [size, group, means] of [
    [4, 2, [0.5, 0.5, 2.5, 2.5]],
    [3, 1, [0, 1, 2]],
    [2, 2, [0.5, 0.5]],
  ] as const) {
    it(`exchange tensors in groups of ${group} of ${size} ranks, and share the rest among all`, async () => {
      const found = (await foundBy(size, group)) as readonly Found[];
      const names = found.map((_, rank) => `of ${rank}`);
      found.forEach((own, rank) => {
        const leader = rank - (rank % group);
        expect(own.rank).to.deep.equal([rank % group, group, leader]);
        expect(own.mean).to.equal(means[rank]);
        expect(own.group).to.deep.equal(names.slice(leader, leader + group));
        expect(own.all).to.deep.equal(names);
        expect(own.nothing).to.equal(null);
      });
      const all = found.flatMap(({ claimed }) => claimed);
      expect(all.toSorted((left, right) => left - right)).to.deep.equal([...Array(20).keys()]);
    });
  }

  it('end with a rank that is killed where it leads them; the others go on, and see it', async () => {
    const found = await foundBy(4, 2, 'kill');
    expect(found[2]).to.equal(undefined);
    expect(found[3]!.after.code).to.equal('RANK_LOST');
    expect(found[3]!.after.message).to.match(/^rank 2 gives no sign of life since 3 s: it was killed/);
    for (const rank of [0, 1]) expect(found[rank]!.after).to.deep.equal({ mean: 0.5 });
  });

  it('end where their ranks have not taken part in the same exchanges', async () => {
    const found = await foundBy(4, 2, 'behind');
    for (const rank of [2, 3]) {
      expect(found[rank]!.after.code).to.equal('RANK_LOST');
      expect(found[rank]!.after.message).to.match(
        /^rank [23] has taken part in other exchanges than rank [23]$/,
      );
    }
    for (const rank of [0, 1]) expect(found[rank]!.after).to.deep.equal({ mean: 0.5 });
  });
});
