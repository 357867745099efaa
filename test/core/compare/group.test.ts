import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ComparisonFolder, type CellOutcome } from '../../../core/compare/folder.js';
import { Group } from '../../../core/compare/group.js';
import { Talk } from '../../../core/compare/talk.js';
import { fakeWorlds, type Shared } from './fake-worlds.js';
import { loadTiny } from './tiny-comparison.js';

const failed: CellOutcome = { state: 'failed', code: null, reason: 'it was to' };
const done: CellOutcome = { state: 'done', split: 'val', metrics: {}, parameters: 1 };

describe('groups that share out a comparison', () => {
  let path = '';
  before(() => {
    path = mkdtempSync(join(tmpdir(), 'group-'));
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  /** Groups of one rank each, the cells of which came to something before. */
  const groupsOf = async (
    count: number,
    outcomes: readonly (CellOutcome | undefined)[] = [],
  ): Promise<{ readonly groups: readonly Group[]; readonly shared: Shared }> => {
    const loaded = await loadTiny();
    const shared: Shared = { told: new Map(), living: new Set(Array(count).keys()) };
    const groups = Array.from({ length: count }, (_, leader) => {
      const [world] = fakeWorlds(1, leader, shared);
      const folder = new ComparisonFolder(path);
      const work = {
        loaded,
        folder,
        cells: loaded.cells,
        outcomes: loaded.cells.map((__, cell) => outcomes[cell]),
      };
      return new Group(world!, new Talk(world!, { timeout: 1000, signal: undefined }), work);
    });
    return { groups, shared };
  };

  it('take each cell once', async () => {
    const { groups } = await groupsOf(3);
    const taken = await Promise.all(
      groups.map(async (group) => {
        const own: number[] = [];
        for (let cell = 0; cell < 4; cell++) if (await group.take(cell)) own.push(cell);
        return own;
      }),
    );
    expect(taken.flat().toSorted()).to.deep.equal([0, 1, 2, 3]);
  });

  it('wait for what comes of a cell that another one has taken', async () => {
    const { groups } = await groupsOf(2);
    const [first, second] = groups as [Group, Group];
    await first.take(0);
    let found: unknown;
    const waiting = second.wait([0]).then((outcomes) => (found = outcomes));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(found).to.equal(undefined);
    await first.tell([0, failed]);
    await waiting;
    expect(found).to.deep.equal([[0, failed]]);
  });

  it('do not wait for one that is gone, nor for what was done before', async () => {
    const { groups, shared } = await groupsOf(2, [undefined, done]);
    const [first, second] = groups as [Group, Group];
    await first.take(0);
    shared.living.delete(0);
    expect(await second.wait([0, 1])).to.deep.equal([]);
  });

  it('tell the first of them, once, what came of the others’ cells', async () => {
    const { groups } = await groupsOf(2, [done, failed]);
    const [first, second] = groups as [Group, Group];
    await second.tell([1, done]);
    await second.tell([3, failed]);
    await first.tell([2, done]);
    expect(await first.news()).to.deep.equal([
      [1, done],
      [3, failed],
    ]);
    expect(await first.news()).to.deep.equal([]);
    expect(await second.news()).to.deep.equal([]);
  });
});
