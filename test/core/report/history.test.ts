import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { MtlError, readHistory, train, type RunResult, type TrainingEvent } from '../../../core/index.js';
import { HistoryReader } from '../../../core/report/history.js';
import { workFolder } from '../../cli/mtl.js';
import { load } from '../run/tiny.js';
import { epochOf, eventsOf, stepsPerEpoch, writeRun } from './runs.js';

describe('readHistory', () => {
  const work = workFolder();

  it('reads what a resumed run told, of both its parts', async () => {
    const folder = join(work.path, 'resumed');
    const told: TrainingEvent[] = [];
    const onEvent = (event: TrainingEvent): unknown => told.push(event);
    await train(await load('train.epochs=1', 'train.diagnostics=1'), { folder, onEvent });
    await train(await load('train.epochs=2', 'train.diagnostics=1'), { folder, resume: true, onEvent });
    const history = readHistory(folder);
    const of = (type: TrainingEvent['type']): readonly TrainingEvent[] =>
      told.filter((event) => event.type === type);
    expect(history.starts.map(({ resumedAt }) => resumedAt)).to.deep.equal([0, 2]);
    expect(history.steps).to.deep.equal(of('step'));
    expect(history.steps.map(({ step }) => step)).to.deep.equal([1, 2, 3, 4]);
    expect(history.steps[0]!.diagnostics!.norms).to.have.keys('segmentation', 'depth');
    expect(history.epochs).to.deep.equal(of('epoch'));
    expect(history.validations).to.deep.equal(of('validation'));
    expect(history).to.include({ name: 'resumed', path: folder, state: 'finished', epoch: 2 });
    expect(history.environment!.resumed).to.have.length(1);
    const result = JSON.parse(readFileSync(join(folder, 'metrics.json'), 'utf8')) as RunResult;
    expect(history.result!.metrics).to.deep.equal(result.metrics);
    expect(history.result!.baselines).to.deep.equal(result.baselines);
  });

  it('tells what was out of the ordinary, each in its place', async () => {
    const events: TrainingEvent[] = [
      ...eventsOf(1),
      { type: 'skipped', epoch: 1, step: 5, reason: 'NaN' },
      { type: 'rollback', epoch: 1, step: 6, reason: 'NaN', backTo: 4, rollbacks: 1 },
      { type: 'badSample', split: 'train', index: 3, reason: 'torn' },
      { type: 'note', step: 6, text: 'another engine' },
      { type: 'stopped', step: 6, reason: 'interrupted' },
    ];
    const folder = await writeRun(join(work.path, 'troubled'), events);
    const history = readHistory(folder.path);
    const { skipped, rollbacks, badSamples, notes, stops } = history;
    expect([...skipped, ...rollbacks, ...badSamples, ...notes, ...stops]).to.deep.equal(events.slice(-5));
    expect(history).to.include({ state: 'interrupted', epoch: 1, result: undefined });
  });

  it('follows a run that goes on, and leaves a line out until it is whole', async () => {
    const { path } = await writeRun(join(work.path, 'live'), eventsOf(1));
    const file = join(path, 'events.jsonl');
    const reader = new HistoryReader(path);
    expect(reader.read().steps).to.have.length(stepsPerEpoch);
    const lines = [...epochOf(1)].map((event) => `${JSON.stringify(event)}\n`).join('');
    appendFileSync(file, lines.slice(0, 100));
    expect(reader.read().steps).to.have.length(stepsPerEpoch);
    expect(readHistory(path).steps).to.have.length(stepsPerEpoch);
    appendFileSync(file, lines.slice(100));
    expect(reader.read().steps).to.have.length(2 * stepsPerEpoch);
    expect(reader.read()).to.deep.equal(readHistory(path));
  });

  it('starts over where a resume dropped what was told', async () => {
    const folder = await writeRun(join(work.path, 'rewound'), eventsOf(2));
    const reader = new HistoryReader(folder.path);
    expect(reader.read().epoch).to.equal(2);
    folder.rewind({ epoch: 1, step: stepsPerEpoch });
    expect(reader.read()).to.include({ epoch: 1 });
    expect(reader.read()).to.deep.equal(readHistory(folder.path));
  });

  it('passes over lines that are no events', async () => {
    const { path } = await writeRun(join(work.path, 'foreign'), eventsOf(1));
    appendFileSync(join(path, 'events.jsonl'), 'nothing\n[1]\nnull\n{"kind":"step"}\n');
    expect(readHistory(path).steps).to.have.length(stepsPerEpoch);
  });

  it('refuses what is no run', () => {
    expect(() => readHistory(work.path))
      .to.throw(MtlError, /expected the folder of a run/)
      .with.property('code', 'RUN_INVALID');
  });
});
