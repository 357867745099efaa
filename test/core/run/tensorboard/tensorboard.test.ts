import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { train, type TrainingEvent } from '../../../../core/index.js';
import { EventFile } from '../../../../core/run/tensorboard/event-file.js';
import { load } from '../tiny.js';
import { readRun, type ReadEvent } from './read-events.js';

type Step = Extract<TrainingEvent, { type: 'step' }>;
type Validation = Extract<TrainingEvent, { type: 'validation' }>;

describe('a run written down for TensorBoard', function () {
  this.timeout(120_000);
  let path = '';
  before(() => {
    path = mkdtempSync(join(tmpdir(), 'tensorboard-'));
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  const settings = ['log.tensorboard=true', 'train.diagnostics=2'];

  it('has the values of its events, in single precision, and a picture a validation', async () => {
    const told: TrainingEvent[] = [];
    const folder = join(path, 'run');
    const started = Date.now() / 1000;
    await train(await load(...settings), { folder, onEvent: (event) => told.push(event) });
    const files = readRun(folder);
    expect(files).to.have.length(1);
    const [version, start, ...events] = files[0]!;
    expect(version).to.include({ step: 0, fileVersion: 'brain.Event:2' });
    expect(start).to.include({ step: 1, session: 1 });
    for (const { wallTime } of files[0]!) expect(wallTime).to.be.within(started, Date.now() / 1000);

    for (const event of told.filter((each): each is Step => each.type === 'step')) {
      const { losses, learningRate, imagesPerSecond, diagnostics } = event;
      const expected = {
        'loss/segmentation/total': losses.segmentation!.total,
        'loss/segmentation/direct': losses.segmentation!.direct,
        'loss/segmentation/to.depth': losses.segmentation!.transferred.depth,
        'loss/depth/total': losses.depth!.total,
        'loss/depth/direct': losses.depth!.direct,
        'loss/depth/to.segmentation': losses.depth!.transferred.segmentation,
        'train/learningRate': learningRate,
        'train/imagesPerSecond': imagesPerSecond,
        ...(diagnostics && {
          'gradient/norm.segmentation': diagnostics.norms.segmentation,
          'gradient/norm.depth': diagnostics.norms.depth,
          'gradient/cosine.segmentation.depth': diagnostics.cosines.segmentation!.depth,
        }),
      };
      const found = at(events, event.step, 'loss/depth/total').scalars;
      expect(found).to.deep.equal(rounded(expected));
    }
    const [epoch] = told.filter((each) => each.type === 'epoch');
    const { weights, waiting } = epoch as Extract<TrainingEvent, { type: 'epoch' }>;
    expect(at(events, epoch!.step, 'train/waiting').scalars).to.include(
      rounded({
        'train/waiting': waiting,
        'weight/depth': weights.depth,
        'weight/segmentation': weights.segmentation,
      }),
    );
    const validations = told.filter((each): each is Validation => each.type === 'validation');
    for (const { step, metrics } of validations) {
      const { scalars } = at(events, step, 'validation/segmentation/miou');
      expect(Object.keys(scalars)).to.have.length(10);
      expect(scalars['validation/depth/rmse']).to.equal(Math.fround(metrics.depth!.rmse!));
    }
    const pictures = events.filter(({ images }) => 'validation/samples' in images);
    expect(pictures.map(({ step }) => step)).to.deep.equal(validations.map(({ step }) => step));
    const { height, width, png } = pictures[0]!.images['validation/samples']!;
    // Two samples of 32×32; image, and truth and prediction of two tasks; gaps of 4 pixels.
    expect({ height, width }).to.deep.equal({ height: 2 * 32 + 4, width: 5 * 32 + 16 });
    expect(await sharp(png).metadata()).to.include({ format: 'png', height, width, channels: 3 });
  });

  it('is otherwise the run that it would be without', async () => {
    for (const [name, setting] of [
      ['with', 'true'],
      ['without', 'false'],
    ] as const)
      await train(await load(`log.tensorboard=${setting}`), { folder: join(path, name) });
    const metrics = (name: string): string => readFileSync(join(path, name, 'metrics.json'), 'utf8');
    expect(metrics('with')).to.equal(metrics('without'));
    expect(() => readRun(join(path, 'without'))).to.throw(/ENOENT/);
  });

  it('begins a file where it goes on, which says from which step on it counts', async () => {
    const folder = join(path, 'resumed');
    const stop = new AbortController();
    const stopped = train(await load('log.tensorboard=true'), {
      folder,
      signal: stop.signal,
      onEvent: ({ type }) => type === 'step' && stop.abort(),
    });
    const error: unknown = await stopped.catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'INTERRUPTED');
    await train(await load('log.tensorboard=true'), { folder, resume: true });
    // What is written down beside changes no number, and may be left out from here on.
    await train(await load('train.epochs=3'), { folder, resume: true });
    const files = readRun(folder);
    expect(files).to.have.length(2);
    expect(files.map(([, start]) => [start!.session, start!.step])).to.deep.equal([
      [1, 1],
      [1, 2],
    ]);
    const steps = files.map((file) =>
      file.filter(({ scalars }) => 'train/learningRate' in scalars).map(({ step }) => step),
    );
    expect(steps).to.deep.equal([[1], [2, 3, 4]]);
  });

  it('begins it after those that are there, whatever the clock says', () => {
    const folder = join(path, 'clock');
    mkdirSync(folder);
    const later = 'events.out.tfevents.9999999998.host.1';
    writeFileSync(join(folder, later), '');
    const file = new EventFile(folder, 0) as unknown as { file: string };
    expect(file.file).to.match(/tfevents\.9999999999\./);
  });

  it('ends with one error where it cannot be written', async () => {
    const folder = join(path, 'unwritable');
    const run = train(await load('log.tensorboard=true', 'train.validateEvery=9'), {
      folder,
      // What comes after the first step finds a file where the folder was.
      onEvent: ({ type }) => {
        if (type !== 'step') return;
        rmSync(join(folder, 'tensorboard'), { recursive: true, force: true });
        writeFileSync(join(folder, 'tensorboard'), '');
      },
    });
    const error: unknown = await run.catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'RUN_INVALID');
    expect(error)
      .to.have.property('message')
      .that.matches(/^Cannot write \S+events\.out\.tfevents\.\S+ \([\d.]+ \w+\): /);
  });
});

/** The event of a step that has some value. */
function at(events: readonly ReadEvent[], step: number, tag: string): ReadEvent {
  const found = events.filter((event) => event.step === step && tag in event.scalars);
  expect(found, `${tag} of step ${step}`).to.have.length(1);
  return found[0]!;
}

function rounded(values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Math.fround(value!)]));
}
