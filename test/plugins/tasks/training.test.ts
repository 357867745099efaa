import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { train, type MetricValues, type TrainingEvent } from '../../../core/index.js';
import { load } from '../../core/run/tiny.js';
import { describeOnEach, type EngineName } from '../../engines.js';

interface Trained {
  readonly metrics: MetricValues;
  /** By task, after each epoch. */
  readonly meanLosses: readonly Readonly<Record<string, number>>[];
  readonly events: readonly TrainingEvent[];
  /** Tensors after each epoch. */
  readonly tensors: readonly number[];
}

const common = [
  'dataset.train=8',
  'train.epochs=6',
  'train.batchSize=4',
  'train.optimizer.lr=0.01',
  'train.augment=false',
  'weighter=equal',
];

describeOnEach('training the further tasks', (engine: EngineName) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crosstask-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(...overrides: string[]): Promise<Trained> {
    const config = await load(`engine={"name":"${engine}","threads":1}`, ...common, ...overrides);
    const events: TrainingEvent[] = [];
    const tensors: number[] = [];
    const { metrics } = await train(config, {
      folder: join(folder, 'run'),
      onEvent(event) {
        events.push(event);
        if (event.type === 'validation') tensors.push(tf.memory().numTensors);
      },
    });
    const meanLosses = events.flatMap((event) => (event.type === 'epoch' ? [event.meanLosses] : []));
    return { metrics, meanLosses, events, tensors };
  }

  function expectLearning({ meanLosses, tensors }: Trained, tasks: readonly string[]): void {
    const [first, last] = [meanLosses[0]!, meanLosses.at(-1)!];
    expect(Object.keys(last)).to.deep.equal(tasks);
    for (const task of tasks) expect(last[task], task).to.be.below(first[task]!);
    expect(new Set(tensors).size, `tensors after each epoch: ${tensors.join()}`).to.equal(1);
  }

  it('three dense tasks, each consistent with both others', async () => {
    const trained = await run('dataset.labels=["segmentation","depth","normals"]', 'tasks.normals={}');
    expectLearning(trained, ['segmentation', 'depth', 'normals']);
    expect(Object.keys(trained.metrics.normals!)).to.have.members([
      ...['angleMean', 'angleMedian', 'within11', 'within22', 'within30'],
    ]);
  });

  it('four dense tasks, with weights of classes', async () => {
    const trained = await run(
      'dataset.labels=["segmentation","normals"]',
      'tasks={"depth":null,"normals":{},"edges":{},"reconstruction":{}}',
      'tasks.segmentation={"classWeights":"medianFrequency","ignore":["sky"]}',
    );
    expectLearning(trained, ['segmentation', 'normals', 'edges', 'reconstruction']);
    const step = trained.events.find((event) => event.type === 'step')!;
    expect(Object.keys(step.losses.edges!.transferred)).to.deep.equal([
      'segmentation',
      'normals',
      'reconstruction',
    ]);
    expect(trained.metrics.edges!.edgeF).to.be.within(0, 1);
    expect(trained.metrics.reconstruction!.psnr).to.be.above(5);
  });

  for (const classWeights of ['medianFrequency', 'inverseLog']) {
    it(`${classWeights} beside a pooled task: an interrupted run goes on to the same numbers`, async () => {
      const overrides = [
        'dataset.labels=["segmentation","depth","weather"]',
        'tasks.weather={"type":"classification"}',
        `tasks.segmentation={"classWeights":"${classWeights}","ignore":["sky"]}`,
        'train.epochs=2',
        'train.checkpointEvery=1',
      ];
      const config = await load(`engine={"name":"${engine}","threads":1}`, ...common, ...overrides);
      const tensors = tf.memory().numTensors;
      const whole = await train(config, { folder: join(folder, 'whole') });
      let steps = 0;
      const crashing = train(config, {
        folder: join(folder, 'crashed'),
        onEvent({ type }) {
          if (type === 'step' && ++steps === 2) throw new Error('crash');
        },
      });
      expect(await crashing.catch((thrown: unknown) => thrown)).to.have.property('message', 'crash');
      const resumed = await train(config, { folder: join(folder, 'crashed'), resume: true });
      expect(resumed.metrics).to.deep.equal(whole.metrics);
      const written = (run: string): Buffer =>
        readFileSync(join(folder, run, 'checkpoints', 'last.safetensors'));
      expect(written('crashed').equals(written('whole')), 'the same checkpoint').to.equal(true);
      expect(tf.memory().numTensors).to.equal(tensors);
    });
  }

  for (const weighter of ['pcgrad', 'dwa']) {
    it(`image-level tasks beside two dense ones, by ${weighter}`, async () => {
      const trained = await run(
        'dataset.labels=["segmentation","depth","weather","vehicles"]',
        'tasks.weather={"type":"classification"}',
        'tasks.vehicles={"type":"regression","loss":"smoothL1"}',
        `weighter=${weighter}`,
      );
      expectLearning(trained, ['segmentation', 'depth', 'weather', 'vehicles']);
      const step = trained.events.find((event) => event.type === 'step')!;
      expect(Object.keys(step.losses.weather!.transferred)).to.deep.equal([]);
      expect(Object.keys(step.losses.depth!.transferred)).to.deep.equal(['segmentation']);
      expect(Object.keys(trained.metrics.weather!)).to.deep.equal(['accuracy', 'meanAccuracy']);
    });
  }
});
