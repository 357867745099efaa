import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { train, type LoadedConfig, type TrainingEvent } from '../../../core/index.js';
import { load } from '../../core/run/tiny.js';
import { describeOnEach } from '../../engines.js';
import { buildPeer, imageOf } from './peers.js';

type StepEvent = Extract<TrainingEvent, { readonly type: 'step' }>;

const architectures = ['split', 'mtan', 'stan', 'dense', 'cross-stitch', 'adamt'];

const onResNet = (architecture: string): string[] => [
  'backbone={"name":"resnet18","width":2}',
  `architecture={"name":"${architecture}","decoderChannels":2}`,
];

describeOnEach('training the other systems’ networks', (engine) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crosstask-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const configOf = (architecture: string, ...overrides: string[]) =>
    load(
      `engine={"name":"${engine}","threads":1}`,
      `architecture=${architecture === 'adamt' ? '{"name":"adamt","width":4}' : architecture}`,
      'backbone={"name":"segnet","width":2}',
      'train.epochs=1',
      ...overrides,
    );

  async function run(config: LoadedConfig, name: string, onEvent?: (event: TrainingEvent) => void) {
    return train(config, { folder: join(folder, name), ...(onEvent && { onEvent }) });
  }

  for (const [title, architecture, ...overrides] of [
    ...architectures.map((name) => [name, name]),
    ...['mtan', 'cross-stitch'].map((name) => [`${name} on a ResNet`, name, ...onResNet(name)]),
  ] as [string, string, ...string[]][]) {
    it(`${title}, with consistency on top`, async () => {
      const steps: StepEvent[] = [];
      const tensors = tf.memory().numTensors;
      await run(await configOf(architecture, ...overrides), 'run', (event) => {
        if (event.type === 'step') steps.push(event);
      });
      expect(steps).to.have.lengthOf(2);
      for (const { losses } of steps) {
        for (const [task, { total, transferred }] of Object.entries(losses)) {
          expect(total, task).to.be.above(0).and.below(Infinity);
          expect(Object.keys(transferred)).to.have.lengthOf(1);
        }
      }
      expect(tf.memory().numTensors).to.equal(tensors);
    });
  }

  // Units' weights are no layer's of the usual kinds; dropout is drawn anew in every step.
  for (const [title, architecture, ...overrides] of [
    ['cross-stitch', 'cross-stitch'],
    ['adamt', 'adamt'],
    ['mtan on a ResNet', 'mtan', ...onResNet('mtan')],
    ['cross-stitch on a ResNet', 'cross-stitch', ...onResNet('cross-stitch')],
  ] as [string, string, ...string[]][]) {
    it(`${title}: an interrupted run goes on to the same numbers`, async () => {
      const config = await configOf(architecture, 'train.checkpointEvery=1', ...overrides);
      const whole = await run(config, 'whole');
      let seen = 0;
      const crashing = run(config, 'crashed', ({ type }) => {
        if (type === 'step' && ++seen === 2) throw new Error('crash');
      });
      expect(await crashing.catch((thrown: unknown) => thrown)).to.have.property('message', 'crash');
      const resumed = await train(config, { folder: join(folder, 'crashed'), resume: true });
      expect(resumed.metrics).to.deep.equal(whole.metrics);
      const written = (name: string): Buffer =>
        readFileSync(join(folder, name, 'checkpoints', 'last.safetensors'));
      expect(written('crashed').equals(written('whole')), 'the same checkpoint').to.equal(true);
    });
  }

  it('a gradient method finds what the tasks share', async () => {
    const config = await configOf('mtan', 'weighter=pcgrad', 'consistency=null');
    const steps: StepEvent[] = [];
    await run(config, 'run', (event) => {
      if (event.type === 'step') steps.push(event);
    });
    expect(steps).to.have.lengthOf(2);
  });
});

describeOnEach('initial values of the other systems’ networks', () => {
  for (const [architecture, limited] of [
    ['mtan', false],
    ['dense', true],
    ['cross-stitch', true],
  ] as const) {
    it(`${architecture}: Xavier ${limited ? 'uniform' : 'normal'}`, () => {
      const model = buildPeer({ architecture, initialize: true });
      const [name, kernel] = Object.entries(model.parameters).find(
        ([parameter, { shape }]) => parameter.endsWith('stage5.conv2.kernel') && shape[2] === 32,
      )!;
      const values = kernel.dataSync<'float32'>();
      const deviation = Math.sqrt(2 / (9 * 64));
      const square = values.reduce((total, value) => total + value * value, 0) / values.length;
      expect(Math.sqrt(square) / deviation, name).to.be.closeTo(1, 0.03);
      const most = values.reduce((found, value) => Math.max(found, Math.abs(value)), 0) / deviation;
      // A uniform distribution ends at √3 deviations; of nine thousand normal numbers some are beyond three.
      if (limited) expect(most, name).to.be.within(1.7, Math.sqrt(3) + 1e-5);
      else expect(most, name).to.be.above(3);
      model.dispose();
    });
  }

  it('cross-stitch units start at 0.9 for a task’s own map and 0.1 for the others’; as sums at 1', () => {
    const weightsOf = (unit: string): number[] => {
      const model = buildPeer({ architecture: { name: 'cross-stitch', unit }, initialize: true });
      const values = [...model.parameters['encoder.stitch2.weights']!.dataSync()];
      model.dispose();
      return values.map((value) => Number(value.toFixed(6)));
    };
    expect(weightsOf('scalar')).to.deep.equal([0.9, 0.1, 0.1, 0.9]);
    const [own, other] = [Array.from({ length: 4 }, () => 0.9), Array.from({ length: 4 }, () => 0.1)];
    expect(weightsOf('channel')).to.deep.equal([...own, ...other, ...other, ...own]);
    expect(weightsOf('sum')).to.deep.equal([1, 1]);
  });

  it('dropout drops channels in training alone, others in every step, the same ones in the same step', () => {
    const model = buildPeer({ architecture: { name: 'adamt', width: 4 }, initialize: true });
    const predict = (training: boolean, step: number): Float32Array =>
      tf.tidy(() => {
        const { direct } = model.forward(imageOf(0), { training, transfer: false, step });
        return direct.depth!.dataSync<'float32'>().slice();
      });
    expect(predict(false, 0)).to.deep.equal(predict(false, 1));
    expect(predict(true, 0)).to.deep.equal(predict(true, 0)).and.not.to.deep.equal(predict(true, 1));
    model.dispose();
  });
});
