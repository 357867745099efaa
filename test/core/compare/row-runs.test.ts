import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { compare, type LoadedComparison } from '../../../core/index.js';
import { loadTiny, tinyComparison } from './tiny-comparison.js';

describe('a row that takes another one’s run', function () {
  this.timeout(120_000);
  let path = '';
  const folder = (name: string): string => join(path, name);
  before(() => {
    path = mkdtempSync(join(tmpdir(), 'row-runs-'));
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  const taught = (teacher: object, ...overrides: string[]): Promise<LoadedComparison> =>
    loadTiny(
      {
        base: { ...tinyComparison.base, backbone: { name: 'segnet', width: 2 }, architecture: {} },
        axes: {
          model: {
            KD4MTL: { extends: 'kd4mtl', auxiliary: [{ name: 'kd4mtl', teachers: 'row:STAN' }] },
            STAN: { extends: 'stan', ...teacher },
          },
        },
        seeds: [3],
        baseline: 'STAN',
      },
      ...overrides,
    );

  it('gets that of the same seed, which is trained first', async () => {
    const comparison = await taught({});
    expect(comparison.cells.map(({ row, takes }) => [row, takes])).to.deep.equal([
      ['STAN', []],
      ['KD4MTL', ['STAN']],
    ]);
    const result = await compare(comparison, { folder: folder('taught') });
    expect(result.rows.map(({ name, metrics }) => [name, metrics[0]!.n])).to.deep.equal([
      ['KD4MTL', 1],
      ['STAN', 1],
    ]);
    const run = join(path, 'taught', 'runs', 'kd4mtl-seed3');
    const { config } = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')) as {
      config: { auxiliary: object[] };
    };
    const teachers = join(path, 'taught', 'runs', 'stan-seed3');
    expect(config.auxiliary).to.deep.equal([{ name: 'kd4mtl', teachers }]);
    // Parameters of the model alone: MTAN's.
    expect(result.rows[0]!.parameters).to.be.below(result.rows[1]!.parameters!);
    expect(await compare(comparison, { folder: folder('taught') })).to.deep.equal(result);
  });

  it('is not trained where that failed, and says so', async () => {
    const fast = { train: { optimizer: { name: 'sgd', lr: 1e30 } } };
    const { cells } = await compare(await taught(fast), { folder: folder('untaught') });
    expect(cells.map(({ row, state }) => [row, state])).to.deep.equal([
      ['STAN', 'failed'],
      ['KD4MTL', 'failed'],
    ]);
    expect(cells[1]!.reason).to.match(/^it takes the run of "STAN", seed 3, which failed: \S/);
    expect(existsSync(join(path, 'untaught', 'runs', 'kd4mtl-seed3'))).to.equal(false);
  });
});
