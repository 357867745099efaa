import { parse } from 'csv-parse/sync';
import { expect } from 'chai';
import {
  columnTitle,
  comparisonCsv,
  comparisonMarkdown,
  comparisonTable,
  comparisonTex,
  type ComparisonResult,
  type Measured,
} from '../../../core/index.js';

const one = (mean: number | null, std: number | null = null, n = 2): Measured => ({
  mean,
  std,
  n,
  values: [],
});
const published = (mean: number | null): Measured => ({ mean, std: null, n: 0, values: [] });

const result: ComparisonResult = {
  title: 'Models_& more',
  axes: ['model', 'weighting'],
  columns: [
    { task: 'segmentation', metric: 'miou.perImage', higherIsBetter: true, label: 'mIoU', percent: true },
    { task: 'depth', metric: 'absolute', higherIsBetter: false, label: 'abs|err', percent: false },
  ],
  rows: [
    {
      name: 'ST',
      labels: ['ST', ''],
      published: null,
      parameters: 1234567,
      metrics: [one(0.664, 0.0012), one(0.0124, 0.00056)],
      deltaM: one(0, 0),
    },
    {
      name: 'A, "b"',
      labels: ['A', '"b", x_1'],
      published: null,
      parameters: null,
      metrics: [one(0.5, null, 1), one(0.0123, 0.0001)],
      deltaM: one(-1.555, 0.25),
    },
    {
      name: 'C',
      labels: ['C', 'd'],
      published: null,
      parameters: 1,
      metrics: [one(null, null, 0), one(12.345)],
      deltaM: one(null, null, 0),
    },
    {
      name: 'ST',
      labels: ['ST', ''],
      published: 'paper, Cityscapes',
      parameters: null,
      metrics: [published(0.9), published(0.0001)],
      deltaM: published(99),
    },
  ],
  seeds: [0, 1],
  split: 'val',
  baseline: 'ST',
  notInDeltaM: [],
  cells: [
    { row: 'ST', seed: 0, run: 'runs/st-seed0', state: 'done', reason: null },
    { row: 'C', seed: 1, run: 'runs/c-seed1', state: 'failed', reason: 'no number\nmore' },
    { row: 'C', seed: 0, run: 'runs/c-seed0', state: 'waiting', reason: null },
  ],
};

describe('comparisonTable', () => {
  const { columns, labels, rows, notes } = comparisonTable(result);

  it('says of each column what it is, in which unit, and what is better', () => {
    expect(labels).to.equal(2);
    expect(columns.map(columnTitle)).to.deep.equal([
      'model',
      'weighting',
      '#P',
      'segmentation mIoU ↑ %',
      'depth abs|err ↓',
      'Δm ↑ %',
    ]);
  });

  it('shows means with four digits, or two of a percentage, deviations with the same, and published figures as they are', () => {
    expect(rows.map(({ cells }) => cells)).to.deep.equal([
      ['ST', '–', '1,234,567', '66.40 ± 0.12', '0.01240 ± 0.00056', '0.00 ± 0.00'],
      ['A', '"b", x_1', '–', '50.00 (n = 1)', '0.01230 ± 0.00010', '-1.55 ± 0.25'],
      ['C', 'd', '1', '–', '12.35', '–'],
      ['ST (paper, Cityscapes)', '–', '–', '90.00', '0.0001', '99.00'],
    ]);
  });

  it('takes the best among the measured rows alone', () => {
    expect(rows.map(({ best }) => best.slice(2))).to.deep.equal([
      [false, true, false, true],
      [false, false, true, false],
      [false, false, false, false],
      [false, false, false, false],
    ]);
  });

  it('tells what failed, what is to come, and what was not measured', () => {
    expect(notes).to.deep.equal([
      'Best models on the val split, mean ± sample standard deviation over the seeds 0, 1.',
      'Δm: mean relative gain over ST of the same seed, over the metrics shown.',
      'Published elsewhere, not measured here: “paper, Cityscapes”.',
      'Failed: C, seed 1: no number',
      '1 of 3 runs are still to be done.',
    ]);
  });
});

describe('comparisonCsv', () => {
  it('is read back by a parser, with all digits', () => {
    const records = parse<Record<string, string>>(comparisonCsv(result), { columns: true });
    expect(records).to.have.length(4);
    expect(records[0]).to.deep.equal({
      model: 'ST',
      weighting: '',
      published: '',
      parameters: '1234567',
      'segmentation.miou.perImage': '0.664',
      'segmentation.miou.perImage.std': '0.0012',
      'segmentation.miou.perImage.n': '2',
      'depth.absolute': '0.0124',
      'depth.absolute.std': '0.00056',
      'depth.absolute.n': '2',
      deltaM: '0',
      'deltaM.std': '0',
      'deltaM.n': '2',
    });
    expect(records[1]).to.include({
      weighting: '"b", x_1',
      parameters: '',
      'segmentation.miou.perImage.std': '',
    });
    expect(records[3]).to.include({ published: 'paper, Cityscapes', deltaM: '99', 'deltaM.n': '' });
  });
});

describe('comparisonMarkdown', () => {
  it('has as many cells in each line, and the best in bold', () => {
    const lines = comparisonMarkdown(result).split('\n');
    expect(lines[0]).to.equal('## Models\\_& more');
    const table = lines.filter((line) => line.startsWith('|'));
    expect(table).to.have.length(6);
    for (const line of table) expect(line.split(/(?<!\\)\|/).slice(1, -1), line).to.have.length(6);
    expect(table[1]).to.equal('| --- | --- | ---: | ---: | ---: | ---: |');
    expect(table[2]).to.include('| **66.40 ± 0.12** |').and.include('| 0.01240 ± 0.00056 |');
    expect(table[0]).to.include('abs\\|err');
  });
});

describe('comparisonTex', () => {
  const tex = comparisonTex(result);

  it('closes what it opens', () => {
    const bare = tex.replace(/\\[{}]/g, '');
    expect(bare.match(/\{/g)).to.have.length(bare.match(/\}/g)!.length);
    const named = (command: string): string[] =>
      [...tex.matchAll(new RegExp(`\\\\${command}\\{(\\w+)\\}`, 'g'))].map(([, name]) => name!);
    expect(named('begin')).to.deep.equal(['table', 'tabular']);
    expect(named('end')).to.deep.equal(['tabular', 'table']);
    expect(tex.replace(/\\\$/g, '').match(/\$/g)!.length % 2).to.equal(0);
  });

  it('has as many cells in each row as columns, and rules of booktabs', () => {
    const rows = tex.split('\n').filter((line) => line.endsWith('\\\\'));
    expect(rows).to.have.length(6);
    for (const row of rows.slice(1)) expect(row.split(/(?<!\\)&/), row).to.have.length(6);
    const spans = [...rows[0]!.matchAll(/\\multicolumn\{(\d+)\}/g)].map(([, count]) => Number(count));
    expect(spans).to.deep.equal([3, 1, 1, 1]);
    expect(tex).to.include('\\begin{tabular}{llrrrr}\n\\toprule\n');
    expect(tex).to.include('\\cmidrule(lr){4-4} \\cmidrule(lr){5-5}');
    expect(tex.match(/\\midrule/g)).to.have.length(2);
    expect(tex).to.include('\\bottomrule\n\\end{tabular}');
  });

  it('has nothing that LaTeX would take for a command, nor a sign that it lacks', () => {
    expect(tex).to.include('\\caption{Models\\_\\& more}');
    expect(tex).to.include('x\\_1');
    expect(tex).to.include('& \\#P &').and.include('mIoU $\\uparrow$ \\%').and.include('$\\Delta_m$');
    expect(tex).to.include('& $-$1.55 $\\pm$ 0.25');
    expect(tex).to.include('\\textbf{66.40 $\\pm$ 0.12}');
    // eslint-disable-next-line no-control-regex
    expect(tex).to.match(/^[\x00-\x7f]*$/);
  });
});
