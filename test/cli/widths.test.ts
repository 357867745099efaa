import { expect } from 'chai';
import stringWidth from 'string-width';
import { batchReport } from '../../cli/batch-report.js';
import { dataReport } from '../../cli/data-report.js';
import { comparisonTables, runsTable } from '../../cli/runs-report.js';
import { fittingTable, listTable, resultTable, summaryTable } from '../../cli/tables.js';
import { wrapped } from '../../cli/text-table.js';
import { styleOf } from '../../cli/style.js';
import type { BatchReport, PartListing, RunListing, RunResult, SplitReport } from '../../core/index.js';

const parts: PartListing[] = [
  {
    kind: 'transferNet',
    name: 'aVeryLongNameOfAPart',
    plugin: 'crosstask-plugin-keypoints',
    description: 'A network '.repeat(12).trim() + '.',
  },
  { kind: 'loss', name: 'l1', plugin: 'crosstask', description: 'The mean absolute error.' },
];

const result: RunResult = {
  metrics: { segmentation: { 'miou.perImage': 0.31234, pixelAccuracy: 0.5 }, depth: { absolute: 123456.7 } },
  baselines: {
    segmentation: { predictor: 'majority class', metrics: { 'miou.perImage': 0.1 } },
    depth: { predictor: 'mean depth', metrics: { absolute: 1e-7 } },
  },
  badSamples: {},
  run: 'runs/a',
};

const layer = {
  name: 'layer4.2.downsample.conv1',
  type: 'Conv2d',
  output: [8, 8, 4],
  parameters: 1200,
  macs: 5e9,
};
const summary = {
  parameters: 31_553_344,
  macs: 5e9,
  parts: [{ name: 'transfer.segmentation-depth', parameters: 31_553_344, macs: 5e9, layers: [layer] }],
};

const run: RunListing = {
  name: 'xtasc-net-größe-2026-03-01T09-30-00',
  path: '/runs/a',
  started: '2026-03-01T09:30:00.000Z',
  state: 'unfinished',
  epoch: 3,
  epochs: 250,
  metrics: { segmentation: { miou: 0.5 }, depth: { absolute: 0.25 }, normals: { mean: 20 } },
  engine: 'tensorflow',
};

const comparison = {
  runs: [
    { ...run, name: 'a'.repeat(30) },
    { ...run, name: 'b' },
  ] as const,
  config: [{ path: 'consistency.transferNet.channels', before: 'x'.repeat(200), now: ['y'.repeat(200)] }],
  environment: [],
  metrics: { segmentation: { 'miou.perImage': [0.5, null] as const } },
};

const batch: BatchReport = {
  code: 'LOSS_NOT_FINITE',
  message: 'The loss of task "depth" is NaN, and a message is as long as it is.',
  ids: Array.from({ length: 8 }, (_, index) => `aachen_00000${index}_000019`),
  epoch: 0,
  step: 3,
  seed: 0,
  learningRate: 1e-4,
  losses: { segmentation: { total: 1.5, 'to depth': 'NaN' } },
  arrays: {
    'segmentation/value': {
      shape: [8, 128, 256, 1],
      min: -1.234e-5,
      max: 1e10,
      mean: 3,
      nan: 12345,
      infinite: 0,
    },
  },
};

const split: SplitReport = {
  samples: 2975,
  unlabelled: 2000,
  size: { height: 128, width: 256 },
  image: { mean: [0.1, 0.2, 0.3], std: [0.1, 0.2, 0.3] },
  labels: {
    segmentation: {
      kind: 'classes',
      samples: 2970,
      void: 0.1,
      classes: [{ name: 'construction and buildings', share: 0.5, images: 2975 }],
    },
    depth: {
      kind: 'scalar',
      samples: 2975,
      unit: '1/m',
      missing: 0.1,
      min: 0,
      max: 0.4922,
      mean: 0.1,
      std: 0.05,
      histogram: { range: [0, 0.5], counts: [1000, 20, 0, 3] },
    },
  },
  bad: [{ index: 7, reason: `${'/a/long/path'.repeat(8)}: expected a readable picture` }],
};

/** Every table that there is, by what it is of. */
const tables: Readonly<Record<string, (columns: number | undefined) => string>> = {
  parts: (columns) => listTable(parts, columns),
  result: (columns) => resultTable(result, columns),
  'parts of a model': (columns) => summaryTable(summary, false, columns),
  layers: (columns) => summaryTable(summary, true, columns),
  runs: (columns) => runsTable([run], columns),
  'two runs': (columns) => comparisonTables(comparison, columns),
  'a batch': (columns) => batchReport(batch, columns),
  'a split': (columns) => dataReport('train', split, columns),
};

describe('tables', () => {
  for (const [name, table] of Object.entries(tables)) {
    it(`of ${name} are no wider than the terminal`, () => {
      for (const columns of [40, 60, 80, 120]) {
        const lines = table(columns).split('\n');
        for (const line of lines) expect(stringWidth(line), `${columns}: ${line}`).to.be.at.most(columns);
      }
      expect(table(500)).to.equal(table(undefined));
    });
  }

  it('lose nothing but what they may do without, where they are narrow', () => {
    const rows = [
      ['first', 'a text of some words', '12'],
      ['second', 'z'.repeat(50), '3'],
    ];
    const letters = (text: string): string => text.replace(/[^a-z0-9]/g, '');
    const table = (columns: number): string =>
      fittingTable({
        head: ['name', 'what', 'count'],
        rows,
        right: [2],
        broken: 'what',
        dispensable: ['count'],
        columns,
      });
    for (const columns of [40, 30, 20]) {
      const text = letters(table(columns));
      for (const cell of rows.flatMap((row) => row.slice(0, 1))) expect(text).to.contain(cell);
      expect([...text].filter((letter) => letter === 'z')).to.have.length(50);
    }
    expect(table(20)).to.not.contain('12');
    expect(table(20)).to.match(/^first\n {2}what {2}a text of\n {8}some words\nsecond\n/);
  });

  it('stand beside each other where there is room for it, a row below the other', () => {
    const head = ['name', 'a', 'longer'];
    const table = fittingTable({
      head,
      rows: [['one', 'x'.repeat(30), '']],
      right: [],
      broken: 'none',
      columns: 30,
    });
    expect(table).to.equal(`one\n  a       ${'x'.repeat(20)}\n          ${'x'.repeat(10)}`);
  });

  it('have their headings set apart where there are colours, at the same places', () => {
    const style = styleOf({ isTTY: true, hasColors: () => true } as unknown as NodeJS.WriteStream);
    for (const columns of [undefined, 80, 40]) {
      const colored = resultTable(result, columns, style);
      expect(colored).to.contain('\u001b[1m');
      // eslint-disable-next-line no-control-regex
      expect(colored.replace(/\u001b\[\d+m/g, '')).to.equal(resultTable(result, columns));
    }
  });

  it('break lines where the first one is indented', () => {
    expect(wrapped('  one two', 6)).to.equal('  one\n  two');
    expect(wrapped('', 6)).to.equal('');
  });
});
