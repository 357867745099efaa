import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  compare,
  evaluateRun,
  loadStoredComparison,
  MtlError,
  openSession,
  readComparison,
  summarize,
  type ComparisonEvent,
  type ComparisonResult,
  type LoadedComparison,
  type MetricValues,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { failureOf } from '../fakes.js';
import { loadTiny } from './tiny-comparison.js';

describe('compare', function () {
  this.timeout(120_000);
  let path = '';
  let loaded: LoadedComparison;
  let whole: ComparisonResult;
  const folder = (name: string): string => join(path, name);
  const metricsOf = (comparison: string, run: string): MetricValues =>
    (
      JSON.parse(readFileSync(join(path, comparison, 'runs', run, 'metrics.json'), 'utf8')) as {
        metrics: MetricValues;
      }
    ).metrics;

  before(async () => {
    path = mkdtempSync(join(tmpdir(), 'compare-'));
    loaded = await loadTiny();
    whole = await compare(loaded, { folder: folder('whole') });
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  it('trains every row with every seed, each as a run of its own', () => {
    expect(readdirSync(join(path, 'whole')).toSorted()).to.deep.equal([
      'cells',
      'comparison.json',
      'runs',
      'table.csv',
      'table.json',
      'table.md',
      'table.tex',
    ]);
    expect(whole.cells).to.deep.equal(
      ['single', 'XTasC-Net'].flatMap((row) =>
        [3, 5].map((seed) => ({
          row,
          seed,
          run: `runs/${row.toLowerCase()}-seed${seed}`,
          state: 'done',
          reason: null,
        })),
      ),
    );
    for (const { run } of whole.cells) {
      expect(readdirSync(join(path, 'whole', run))).to.include.members([
        'config.json',
        'events.jsonl',
        'checkpoints',
      ]);
    }
    expect(readComparison(folder('whole'))).to.deep.equal(whole);
  });

  it('gives means, sample standard deviations and Δm of what the runs measured', () => {
    const picked = [
      ['segmentation', 'miou.perImage', 1],
      ['segmentation', 'pixelAccuracy', 1],
      ['depth', 'absolute', -1],
    ] as const;
    const gains: number[] = [];
    const [single, xtasc] = whole.rows;
    for (const [row, name] of [
      [single!, 'single'],
      [xtasc!, 'xtasc-net'],
    ] as const) {
      const [first, second] = [3, 5].map((seed) => metricsOf('whole', `${name}-seed${seed}`));
      picked.forEach(([task, metric], column) => {
        const [a, b] = [first![task]![metric]!, second![task]![metric]!];
        const found = row.metrics[column]!;
        expect(found.values).to.deep.equal([a, b]);
        expect(found.n).to.equal(2);
        expect(found.mean).to.be.closeTo((a + b) / 2, 1e-12);
        // Of two values, the sample standard deviation is their distance over √2.
        expect(found.std).to.be.closeTo(Math.abs(a - b) / Math.SQRT2, 1e-12);
      });
    }
    for (const seed of [3, 5]) {
      const [model, base] = ['xtasc-net', 'single'].map((name) => metricsOf('whole', `${name}-seed${seed}`));
      let sum = 0;
      for (const [task, metric, sign] of picked)
        sum += sign * (model![task]![metric]! / base![task]![metric]! - 1);
      gains.push((100 * sum) / 3);
    }
    expect(single!.deltaM).to.deep.equal({ mean: 0, std: 0, n: 2, values: [0, 0] });
    xtasc!.deltaM!.values.forEach((value, index) => expect(value).to.be.closeTo(gains[index]!, 1e-9));
    expect(xtasc!.deltaM!.mean).to.be.closeTo((gains[0]! + gains[1]!) / 2, 1e-9);
    expect(xtasc!.deltaM!.std).to.be.closeTo(Math.abs(gains[0]! - gains[1]!) / Math.SQRT2, 1e-9);
  });

  it('counts trainable parameters', async () => {
    for (const [index, cell] of [loaded.cells[0]!, loaded.cells[2]!].entries()) {
      const session = await openSession(cell.loaded, { initialize: false });
      const parameters = summarize(session.model).parameters;
      session.dispose();
      expect(whole.rows[index]!.parameters).to.equal(parameters);
    }
  });

  it('leaves no tensor behind', async () => {
    const { numTensors } = tf.memory();
    await compare(
      await loadTiny({ axes: { model: { one: { extends: 'mt-net' } } }, baseline: null, seeds: 1 }),
      {
        folder: folder('memory'),
      },
    );
    expect(tf.memory().numTensors).to.equal(numTensors);
  });

  it('goes on within the run that was cut off, passes over what is done, and ends with the same numbers', async () => {
    const stop = new AbortController();
    const onEvent = (event: ComparisonEvent): void => {
      if (event.type === 'training' && event.cell.name === 'single-seed5' && event.event.type === 'step')
        stop.abort();
    };
    const { code, message } = await failureOf(() =>
      compare(loaded, { folder: folder('cut'), signal: stop.signal, onEvent }),
    );
    expect(code).to.equal('INTERRUPTED');
    expect(message).to.equal(
      `Stopped and saved, 1 of 4 runs done; go on with: mtl compare --out ${folder('cut')}`,
    );
    const half = readComparison(folder('cut'));
    expect(half.cells.map(({ state }) => state)).to.deep.equal(['done', 'waiting', 'waiting', 'waiting']);
    expect(half.rows[0]!.metrics[0]).to.include({ n: 1, std: null });
    const first = statSync(
      join(path, 'cut', 'runs', 'single-seed3', 'checkpoints', 'last.safetensors'),
    ).mtimeMs;

    const events: ComparisonEvent[] = [];
    const again = await loadStoredComparison(folder('cut'), [builtin]);
    const result = await compare(again, { folder: folder('cut'), onEvent: (event) => events.push(event) });
    expect(result).to.deep.equal(whole);
    const starts = events.flatMap((event) =>
      event.type === 'training' && event.event.type === 'start'
        ? [[event.cell.name, event.event.resumedAt]]
        : [],
    );
    expect(starts).to.deep.equal([
      ['single-seed5', 1],
      ['xtasc-net-seed3', 0],
      ['xtasc-net-seed5', 0],
    ]);
    expect(events.filter((event) => event.type === 'cell').map(({ done }) => done)).to.deep.equal([
      true,
      false,
      false,
      false,
    ]);
    expect(
      statSync(join(path, 'cut', 'runs', 'single-seed3', 'checkpoints', 'last.safetensors')).mtimeMs,
    ).to.equal(first);
  });

  it('trains a cell anew whose run was removed, and measures one again whose outcome is damaged', async () => {
    rmSync(join(path, 'whole', 'runs', 'single-seed5'), { recursive: true });
    writeFileSync(join(path, 'whole', 'cells', 'xtasc-net-seed3.json'), '{"state":');
    const starts: string[] = [];
    const result = await compare(loaded, {
      folder: folder('whole'),
      onEvent: (event) => {
        if (event.type === 'training' && event.event.type === 'step') starts.push(event.cell.name);
      },
    });
    expect([...new Set(starts)]).to.deep.equal(['single-seed5']);
    expect(result).to.deep.equal(whole);
  });

  it('adds rows and seeds to what is there, and measures on another split without training', async () => {
    const more = await loadTiny({ seeds: [3, 5], split: 'test' });
    const types: string[] = [];
    const result = await compare(more, { folder: folder('whole'), onEvent: ({ type }) => types.push(type) });
    expect(types).to.not.include('training');
    const cell = loaded.cells[2]!;
    const { metrics } = await evaluateRun(cell.loaded, {
      folder: join(path, 'whole', 'runs', cell.name),
      split: 'test',
    });
    expect(result.rows[1]!.metrics[2]!.values[0]).to.equal(metrics.depth!.absolute);
    expect(result.split).to.equal('test');
    expect(result.rows[1]!.metrics).to.not.deep.equal(whole.rows[1]!.metrics);
  });

  it('refuses a comparison whose runs have other configs, with what differs, and touches nothing', async () => {
    const before = readFileSync(join(path, 'whole', 'comparison.json'), 'utf8');
    const changed = await loadTiny(
      {
        axes: {
          model: { single: { extends: 'st-net', weighter: 'dwa' }, 'XTasC-Net': { extends: 'xtasc-net' } },
        },
      },
      'train.epochs=3',
    );
    const { code, message } = await failureOf(() => compare(changed, { folder: folder('whole') }));
    expect(code).to.equal('RUN_INVALID');
    expect(message).to.include('begun with other configs:\n');
    expect(message).to.include('  weighter ("equal", now "dwa") in single-seed3, single-seed5\n');
    expect(message).to.include('  epochs (2, now 3) in all 4 runs\n');
    expect(readFileSync(join(path, 'whole', 'comparison.json'), 'utf8')).to.equal(before);
  });

  it('writes a failure down, goes on with the others, and tries again the next time', async () => {
    const failing = {
      axes: {
        model: {
          single: { extends: 'st-net' },
          Fast: { extends: 'xtasc-net', train: { optimizer: { name: 'sgd', lr: 1e30 } } },
          'XTasC-Net': { extends: 'xtasc-net' },
        },
      },
      seeds: 1,
    };
    const comparison = await loadTiny(failing);
    const result = await compare(comparison, { folder: folder('failing') });
    expect(result.cells.map(({ state }) => state)).to.deep.equal(['done', 'failed', 'done']);
    expect(result.cells[1]!.reason).to.match(/no number|not finite|NaN|Infinity/i);
    expect(result.rows[1]!.metrics.every(({ mean, n }) => mean === null && n === 0)).to.equal(true);
    expect(result.rows[1]!.deltaM).to.include({ mean: null, n: 0 });
    expect(result.rows[2]!.deltaM!.n).to.equal(1);
    expect(readFileSync(join(path, 'failing', 'table.md'), 'utf8')).to.match(/^- Failed: Fast, seed 0: \S/m);
    const outcomes: string[] = [];
    await compare(comparison, {
      folder: folder('failing'),
      onEvent: (event) => {
        if (event.type === 'outcome') outcomes.push(`${event.cell.row} ${event.outcome.state}`);
      },
    });
    expect(outcomes).to.deep.equal(['Fast failed']);
  });

  it('refuses a folder of other things, and leaves none behind that it cannot use', async () => {
    writeFileSync(folder('file'), '');
    for (const name of ['file', '.']) {
      const { message } = await failureOf(() => compare(loaded, { folder: folder(name) }));
      expect(message).to.match(/^the folder of the comparison: expected a new or empty folder/);
    }
    const { message } = await failureOf(() => loadStoredComparison(folder('none'), [builtin]));
    expect(message).to.match(/^--out: expected the folder of a comparison, found no folder /);
    expect(existsSync(folder('none'))).to.equal(false);
  });

  it('stops between two runs, too', async () => {
    const stop = new AbortController();
    const stopping = compare(loaded, {
      folder: folder('between'),
      signal: stop.signal,
      onEvent: ({ type }) => {
        if (type === 'outcome') stop.abort();
      },
    });
    const error = await stopping.catch((thrown: unknown) => thrown as MtlError);
    expect(error).to.be.instanceOf(MtlError).with.property('code', 'INTERRUPTED');
    expect(readdirSync(join(path, 'between', 'runs'))).to.deep.equal(['single-seed3']);
  });
});
