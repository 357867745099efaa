import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import {
  deltaM,
  evaluateRun,
  exportModel,
  loadConfig,
  train,
  type LoadedConfig,
  type RunResult,
  type TrainingEvent,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { peerPresets } from '../../../plugins/presets/index.js';
import { describeOn } from '../../engines.js';

/** What makes each preset's network small, and where a teacher's run is; a new preset needs an entry. */
const segNet = { backbone: { name: 'segnet', width: 4 } };
const shrunk: Readonly<Record<string, (teacher: string) => object>> = {
  stan: () => segNet,
  dense: () => segNet,
  'cross-stitch': () => segNet,
  mtan: () => segNet,
  pcgrad: () => segNet,
  kd4mtl: (teachers) => ({ ...segNet, auxiliary: [{ name: 'kd4mtl', teachers }] }),
  'adamt-net': () => ({ architecture: { name: 'adamt', width: 8 } }),
};

const mosd = resolve('..', 'shared', 'data', 'mosd');

interface Data {
  readonly dataset: object;
  /** The presets' protocol, as their names end. */
  readonly protocol: string;
  readonly epochs: number;
  readonly presets: readonly string[];
  /** Presets that come out better than predictors that look at no image after so short a training; docs/results has longer ones. */
  readonly learn: readonly string[];
  /** Why there are none. */
  readonly missing?: string | false;
}

const data: Readonly<Record<string, Data>> = {
  scenes: {
    dataset: {
      name: 'scenes',
      size: [32, 64],
      train: 24,
      val: 4,
      test: 16,
      depth: 'inverse',
      labels: ['segmentation', 'depth'],
    },
    protocol: '',
    epochs: 4,
    presets: Object.keys(shrunk),
    learn: ['stan', 'dense', 'mtan', 'pcgrad', 'kd4mtl'],
  },
  'Kinect frames': {
    dataset: {
      name: 'folders',
      root: mosd,
      size: [32, 64],
      rgb: 'rgb/*.png',
      labels: {
        files: 'semantic/*.png',
        classes: ['table', 'box', 'cylinder', 'other'],
        void: [255],
      },
      depth: { files: 'depth/*.png', scale: 0.001, invalid: 0 },
      split: { train: 'learn*', val: { from: 'train', fraction: 0.2 }, test: 'test*' },
    },
    protocol: '-nyuv2',
    epochs: 2,
    presets: ['mtan', 'adamt-net'],
    learn: [],
    missing: !existsSync(join(mosd, 'rgb')) && 'there is no ../shared/data/mosd beside the repository',
  },
};

function load(
  preset: string,
  { dataset, protocol, epochs }: Data,
  teacher: string,
  more: object = {},
): Promise<LoadedConfig> {
  return loadConfig({
    plugins: [builtin],
    config: {
      extends: `${preset}${protocol}`,
      engine: { name: 'torch', threads: 1 },
      dataset,
      ...shrunk[preset]!(teacher),
      ...more,
      train: {
        epochs,
        batchSize: 4,
        optimizer: { name: 'adam', lr: 0.005 },
        schedule: { name: 'cosine' },
        validateEvery: epochs,
      },
    },
  });
}

/** The paper's four metrics, and whether more of them is better. */
const measured = [
  ['segmentation', 'miou', true],
  ['segmentation', 'pixelAccuracy', true],
  ['depth', 'absolute', false],
  ['depth', 'relative', false],
] as const;

/** Expects more than the predictors that look at no image reach: Δm over the paper's metrics. */
function expectBetterThanTrivial({ metrics, baselines }: Pick<RunResult, 'metrics' | 'baselines'>): void {
  const pairs = measured.map(([task, metric, higherIsBetter]) => ({
    value: metrics[task]![metric]!,
    baseline: baselines[task]!.metrics[metric]!,
    higherIsBetter,
  }));
  expect(deltaM(pairs), JSON.stringify({ metrics, baselines })).to.be.above(0);
}

describe('presets of the other systems', () => {
  it('are all trained here', () => {
    expect(Object.keys(peerPresets)).to.have.members(
      Object.keys(shrunk).flatMap((preset) => [preset, `${preset}-nyuv2`]),
    );
  });
});

describeOn('torch', 'presets of the other systems', function () {
  this.timeout(600_000);
  let folder: string;
  const teachers = mkdtempSync(join(tmpdir(), 'teachers-'));
  after(() => rmSync(teachers, { recursive: true }));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'presets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const written = (run: string, file: string): Buffer => readFileSync(join(folder, run, file));

  for (const [title, of] of Object.entries(data)) {
    const { missing = false } = of;
    const test = missing ? it.skip : it;
    const teacher = join(teachers, title);
    for (const preset of of.presets) {
      const says = missing ? ` (skipped: ${missing})` : '';
      test(`${preset} trains on ${title}, stops, goes on to the same numbers, and is exported${says}`, async () => {
        if (preset === 'kd4mtl' && !existsSync(teacher))
          await train(await load('stan', of, teacher), { folder: teacher });
        const config = await load(preset, of, teacher);
        await train(config, { folder: join(folder, 'whole') });
        const best = { folder: join(folder, 'whole'), split: 'test' } as const;
        if (of.learn.includes(preset)) expectBetterThanTrivial(await evaluateRun(config, best));

        const stop = new AbortController();
        const half = (event: TrainingEvent): void => {
          if (event.type === 'epoch' && event.epoch >= of.epochs / 2) stop.abort();
        };
        const stopped = train(config, {
          folder: join(folder, 'stopped'),
          signal: stop.signal,
          onEvent: half,
        });
        expect(await stopped.catch((error: unknown) => error)).to.have.property('code', 'INTERRUPTED');
        await train(config, { folder: join(folder, 'stopped'), resume: true });
        for (const file of ['metrics.json', join('checkpoints', 'last.safetensors')])
          expect(written('stopped', file).equals(written('whole', file)), file).to.equal(true);

        const { difference } = await exportModel(config, { folder: join(folder, 'stopped'), format: 'tfjs' });
        expect(difference).to.be.within(0, 1e-4);
      });
    }
  }

  it('mtan with consistency on top learns from scenes', async () => {
    const consistency = { loss: 'xtc', lambda: 0.01, transferNet: { name: 'ttnet', channels: 4 } };
    const config = await load('mtan', data.scenes!, '', { consistency });
    const transferred = new Set<string>();
    await train(config, {
      folder: join(folder, 'run'),
      onEvent: (event) => {
        if (event.type !== 'step') return;
        for (const [task, { transferred: terms }] of Object.entries(event.losses))
          for (const to of Object.keys(terms)) transferred.add(`${task}-${to}`);
      },
    });
    expect([...transferred]).to.have.members(['segmentation-depth', 'depth-segmentation']);
    expectBetterThanTrivial(await evaluateRun(config, { folder: join(folder, 'run'), split: 'test' }));
  });
});
