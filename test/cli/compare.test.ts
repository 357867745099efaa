import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect } from 'chai';
import { comparisonReport } from '../../cli/compare-report.js';
import { readComparison, type ComparisonResult } from '../../core/index.js';
import { tinyComparison } from '../core/compare/tiny-comparison.js';
import { expectOneError, filesIn, mtl, mtlHere, start, workFolder, write } from './mtl.js';

const json = (stdout: string): ComparisonResult =>
  JSON.parse(stdout.trim().split('\n').at(-1)!) as ComparisonResult;

describe('mtl compare', function () {
  this.timeout(120_000);
  const work = workFolder();
  const grid = (changes: object = {}, name = 'grid.json'): string =>
    write(work.path, name, JSON.stringify({ ...tinyComparison, ...changes }));
  before(() => grid());

  it('lists the runs without training any', async () => {
    const { code, stdout } = await mtlHere(
      ['compare', '--file', 'grid.json', '--seeds', '1', '--dry-run'],
      work.path,
    );
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/│ single +│ +0 │ runs\/single-seed0 +│\n│ XTasC-Net +│ +0 │ runs\/xtasc-net-seed0 +│/)
      .and.match(/\n2 runs\.\n$/);
    expect(existsSync(join(work.path, 'comparisons'))).to.equal(false);
    const listed = await mtlHere(['compare', '--file', 'grid.json', '--dry-run', '--json'], work.path);
    expect(json(listed.stdout)).to.deep.include({ row: 'single', seed: 3, run: 'runs/single-seed3' });
  });

  it('trains, prints the table, and says where everything is; the second time it only prints', async () => {
    const args = ['compare', '--file', 'grid.json'];
    const first = await mtlHere(args, work.path);
    expect(first.code).to.equal(0);
    expect(first.stderr).to.equal('');
    expect(first.stdout)
      .to.match(/^Run 1 of 4: single, seed 3\nRun: comparisons\/grid\/runs\/single-seed3\n/)
      .and.match(/\nRun 4 of 4: XTasC-Net, seed 5 \(at most \d+ s left\)\n/)
      .and.match(/\n│ XTasC-Net +│ 17,766 │ .* ± .*│\n/)
      .and.match(
        /\nTables: comparisons\/grid\/table\.md, \.tex, \.csv, \.json; everything: comparisons\/grid\/comparison\.json\n/,
      );
    const second = await mtlHere(args, work.path);
    expect(second.stdout).to.match(/^Run 1 of 4: single, seed 3: done before\n/);
    const table = (text: string): string => text.slice(text.indexOf('┌'), text.indexOf('┘'));
    expect(table(second.stdout)).to.equal(table(first.stdout)).and.not.equal('');
    const records = parse(readFileSync(join(work.path, 'comparisons/grid/table.csv')), { columns: true });
    expect(records).to.have.length(2);
    const { rows } = JSON.parse(
      readFileSync(join(work.path, 'comparisons/grid/table.json'), 'utf8'),
    ) as ComparisonResult;
    expect(rows[1]!.metrics[0]!.values).to.have.length(2);
  });

  it('leaves out of the table on a narrow terminal what can be spared', () => {
    const result = readComparison(join(work.path, 'comparisons/grid'));
    // Each time for a terminal that is one column too narrow for the last table.
    const texts = [comparisonReport(result, undefined)];
    while (texts.length < 4) texts.push(comparisonReport(result, texts.at(-1)!.indexOf('\n') - 1));
    const widths = texts.map((text) => text.indexOf('\n'));
    for (const [index, width] of widths.slice(1).entries()) expect(width).to.be.below(widths[index]!);
    const has = (text: string): readonly boolean[] =>
      [/segmentation mIoU/, /#P/, / ± /].map((part) => part.test(text));
    expect(texts.map((text) => has(text.slice(0, text.indexOf('┘'))))).to.deep.equal([
      [true, true, true],
      [false, true, true],
      [false, false, true],
      [false, false, false],
    ]);
  });

  it('gives the result as the last line of --json, and goes on by the folder alone', async () => {
    const { code, stdout } = await mtlHere(['compare', '--out', 'comparisons/grid', '--json'], work.path);
    expect(code).to.equal(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type?: string; row?: string });
    expect(lines.slice(0, -1).map(({ type, row }) => [type, row])).to.deep.equal(
      ['single', 'single', 'XTasC-Net', 'XTasC-Net'].map((row) => ['cell', row]),
    );
    const stored = JSON.parse(readFileSync(join(work.path, 'comparisons/grid/comparison.json'), 'utf8')) as {
      result: ComparisonResult;
    };
    expect(json(stdout)).to.deep.equal(stored.result);
  });

  it('refuses a changed file', async () => {
    grid({ base: { ...tinyComparison.base, weighter: 'dwa' } });
    const { code, stderr } = await mtlHere(['compare', '--file', 'grid.json'], work.path);
    grid();
    expect(code).to.equal(1);
    expectOneError(stderr, work.path, /begun with other configs:\n {2}weighter .*, now "dwa"\) in /);
  });

  it('saves at Ctrl-C, says how to go on, and does', async () => {
    grid(
      {
        seeds: 1,
        base: {
          ...tinyComparison.base,
          train: { ...tinyComparison.base.train, epochs: 10, checkpointEvery: null },
        },
      },
      'long.json',
    );
    let told = 0;
    const running = start(['compare', '--file', 'long.json', '--out', 'long'], work.path, (line) => {
      if (line.startsWith('epoch') && told++ === 0) running.child.kill('SIGINT');
    });
    const { code, stderr } = await running.ended;
    expect(code).to.equal(130);
    expect(stderr).to.match(/Stopped and saved, 0 of 2 runs done; go on with: mtl compare --out long\n$/);
    const again = await mtl(['compare', '--out', 'long', '--json'], work.path);
    expect(again.code).to.equal(0);
    const starts = again.stdout
      .split('\n')
      .flatMap((line) => /"type":"start".*"resumedAt":(\d+)/.exec(line)?.[1] ?? []);
    expect(starts).to.have.length(2);
    expect(Number(starts[0])).to.be.above(0);
    expect(starts[1]).to.equal('0');
    expect(json(again.stdout).cells.map(({ state }) => state)).to.deep.equal(['done', 'done']);
  });

  it('ends with 1 where a run failed, and has the others in the table', async () => {
    const fast = { extends: 'xtasc-net', train: { optimizer: { name: 'sgd', lr: 1e30 } } };
    grid({ seeds: 1, axes: { model: { single: { extends: 'st-net' }, fast } } }, 'failing.json');
    const { code, stdout } = await mtl(['compare', '--file', 'failing.json'], work.path);
    expect(code).to.equal(1);
    expect(stdout)
      .to.match(/\nFailed: /)
      .and.match(/\n│ fast +│ +– │ +– │/)
      .and.match(/\nFailed: fast, seed 0: /)
      .and.match(
        /1 of 2 runs failed; the same command tries them again: mtl compare --out comparisons\/failing/,
      );
  });

  const wrong: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
    [[], 2, /^Error: the comparison: expected a file or a preset, found neither/],
    [['--file', 'none.yaml'], 2, /^Error: --file: expected a config file, found nothing at /],
    [['--preset', 'paper-model'], 2, /did you mean "paper-models"\?/],
    [
      ['--file', 'grid.json', '--config', 'a.yaml'],
      2,
      /^Error: --config: expected a config for the rows of a --preset/,
    ],
    [['--out', 'nowhere'], 1, /^Error: --out: expected the folder of a comparison, found no folder /],
    [['--out', 'nowhere', '--seeds', '2'], 2, /--out alone goes on with what was begun there/],
    [['--file', 'grid.json', '--out', '.'], 1, /expected a new or empty folder, or a comparison’s/],
  ];
  for (const [args, expected, says] of wrong) {
    it(`says what is wrong with: compare ${args.join(' ')}`, async () => {
      const before = filesIn(work.path);
      const { code, stderr } = await mtlHere(['compare', ...args], work.path);
      expect(code).to.equal(expected);
      expectOneError(stderr, work.path, says);
      expect(filesIn(work.path)).to.deep.equal(before);
    });
  }
});
