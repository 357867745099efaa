import { expect } from 'chai';
import { listTable, resultTable, summaryTable } from '../../cli/tables.js';
import type { PartListing } from '../../core/index.js';

const parts: PartListing[] = [
  {
    kind: 'loss',
    name: 'l1',
    plugin: 'crosstask',
    description: 'The mean absolute error over all pixels that have a label.',
  },
  { kind: 'weighter', name: 'equal', plugin: 'mine', description: 'All alike.' },
];

const widest = (text: string): number => Math.max(...text.split('\n').map(({ length }) => length));

describe('tables', () => {
  it('list parts in one line each where there is room, and as wide as the terminal where not', () => {
    for (const columns of [undefined, 200]) {
      expect(listTable(parts, columns).split('\n')).to.have.length(6);
    }
    const narrow = listTable(parts, 80);
    expect(widest(narrow)).to.equal(80);
    expect(narrow.replace(/[│\s]+/g, ' ')).to.contain('over all pixels');
    expect(narrow.split('\n')).to.have.length(7);
  });

  it('set a metric beside the trivial predictor’s, or a dash where that has none', () => {
    const table = resultTable({
      metrics: { depth: { rmse: 1.23456, delta1: 0.5 } },
      baselines: { depth: { predictor: 'mean depth', metrics: { rmse: 2 } } },
      badSamples: {},
      run: 'runs/a',
    });
    expect(table.split('\n').slice(3, 5)).to.deep.equal([
      '│ depth │ rmse   │  1.235 │   2.000 │ mean depth        │',
      '│ depth │ delta1 │ 0.5000 │       – │ mean depth        │',
    ]);
  });

  it('count parameters and multiply-accumulates by part or by layer, with their sum', () => {
    const layer = { name: 'conv1', type: 'Conv2d', output: [8, 8, 4], parameters: 1200, macs: 5e9 };
    const part = { name: 'encoder', parameters: 1200, macs: 5e9, layers: [layer] };
    const summary = { parameters: 1200, macs: 5e9, parts: [part] };
    const rows = (layers: boolean): string[] =>
      summaryTable(summary, layers)
        .split('\n')
        .slice(3, -1)
        .map((row) => row.replace(/[│\s]+/g, ' ').trim());
    expect(rows(false)).to.deep.equal(['encoder 1,200 5.00 G', 'total 1,200 5.00 G']);
    expect(rows(true)).to.deep.equal([
      'encoder 1,200 5.00 G',
      'conv1 Conv2d 8×8×4 1,200 5.00 G',
      'total 1,200 5.00 G',
    ]);
  });
});
