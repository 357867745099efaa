import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  Tape,
  train,
  type HostBatch,
  type PartSpec,
  type Target,
  type TrainingEvent,
} from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { distance, normOf } from '../../oracles/compare.js';
import { hashed } from '../../oracles/values.js';
import { predictionLoss } from '../../plugins/losses/losses.js';
import { buildGolden, golden, goldenBatch, main, recordPass, targetsOf } from '../model/golden.js';
import { load } from '../run/tiny.js';
import { of } from './tiny-trainer.js';

/** A batch whose images have no label. */
function unlabelledBatch(): HostBatch {
  const batch = goldenBatch();
  const targets = Object.entries(batch.targets).map(([task, { value, mask, shape }]) => [
    task,
    { value: new Float32Array(value.length), mask: new Float32Array(mask.length), shape },
  ]);
  return { ...batch, targets: Object.fromEntries(targets) as HostBatch['targets'] };
}

describeOnEach('images without labels', () => {
  for (const cycles of [0, 0.5]) {
    it(`have the gradient of the consistency alone, with round trips of weight ${cycles}`, () => {
      const network = buildGolden({ ...main.options, cycles });
      const pass = recordPass(network, unlabelledBatch());
      const found = pass.problem.weighted([1, 1]);
      const { model, consistency } = network;
      const names = Object.keys(model.parameters);
      // Σ λ_t (ℓ_{t→s} + γ ℓ_{t→s→t}), put together by hand.
      const { tape, result } = Tape.record(() => {
        const batch = unlabelledBatch();
        const targets = targetsOf(batch);
        const { direct, transferred, cycled } = model.forward(tf.tensor4d(batch.image, [...batch.shape]), {
          training: true,
          transfer: true,
          cycles: true,
        });
        const terms = [
          ...transferred.map(({ from, to, prediction }) => ({ weight: 1, from, to, prediction })),
          ...cycled!.map(({ task, prediction }) => ({ weight: cycles, from: task, to: task, prediction })),
        ].map(({ weight, from, to, prediction }) => {
          const held = {
            task: to,
            transferred: prediction,
            direct: direct[to.name]!,
            target: targets[to.name]!,
          };
          return tf.mul<tf.Scalar>(
            consistency!.loss.compute(held),
            weight * golden.inputs.lambda[from.name]!,
          );
        });
        return { total: tf.addN<tf.Scalar>(terms) };
      });
      const seed = tf.scalar(1);
      const wanted = tape.backward(
        [{ of: result.total, gradient: seed }],
        Object.values(model.parameters),
        true,
      );
      const scale = normOf(wanted.map((gradient) => (gradient ? normOf(gradient.dataSync()) : 0)));
      const errors = names.map((name, index) =>
        distance(
          found[name]?.dataSync() ?? new Float32Array(model.parameters[name]!.size),
          wanted[index]?.dataSync() ?? new Float32Array(model.parameters[name]!.size),
        ),
      );
      expect(scale).to.be.above(0);
      // The same sums in another order.
      expect(normOf(errors) / scale).to.be.at.most(5e-6);
      for (const { direct } of Object.values(pass.losses)) expect(direct.dataSync()[0]).to.equal(0);
      tf.dispose([found, seed, result, ...wanted.filter((gradient) => gradient !== undefined)]);
      tape.dispose();
      pass.dispose();
      network.dispose();
    });
  }

  const losses: Readonly<Record<string, readonly [spec: PartSpec, channels: number]>> = {
    'cross-entropy': ['crossEntropy', 3],
    l1: ['l1', 1],
    'l1, per image': [{ name: 'l1', reduction: 'image' }, 1],
    mse: ['mse', 1],
    ssim: ['ssim', 1],
    cosine: ['cosine', 3],
    balancedBce: ['balancedBce', 1],
  };
  for (const [name, [spec, channels]] of Object.entries(losses)) {
    it(`beside labelled ones leave their ${name} as it is`, () => {
      tf.tidy(() => {
        const loss = predictionLoss(spec);
        const values = (what: string, images: number, depth: number): tf.Tensor4D =>
          tf.tensor4d(hashed(`unlabelled.${what}`, [images, 6, 8, depth], 1), [images, 6, 8, depth]);
        const prediction = values('prediction', 2, channels);
        const targetChannels = name === 'cosine' ? 3 : 1;
        const value = tf.cast<tf.Tensor4D>(tf.greater(values('value', 2, targetChannels), 0), 'float32');
        const mask = tf.cast<tf.Tensor4D>(tf.greater(values('mask', 2, 1), -0.8), 'float32');
        const alone = loss.compute(prediction, { value, mask }).dataSync()[0]!;
        const more: Target = {
          value: tf.concat<tf.Tensor4D>([value, tf.zeros([3, 6, 8, targetChannels])]),
          mask: tf.concat<tf.Tensor4D>([mask, tf.zeros([3, 6, 8, 1])]),
        };
        const others = tf.concat<tf.Tensor4D>([prediction, values('others', 3, channels)]);
        expect(alone).to.be.above(0);
        expect(loss.compute(others, more).dataSync()[0]! / alone).to.be.closeTo(1, 1e-6);
      });
    });
  }
});

describe('training on images of which few have labels', () => {
  let path = '';
  before(() => (path = mkdtempSync(join(tmpdir(), 'unlabelled-'))));
  after(() => rmSync(path, { recursive: true, force: true }));

  async function stepsOf(
    name: string,
    ...overrides: string[]
  ): Promise<Extract<TrainingEvent, { type: 'step' }>[]> {
    const events: TrainingEvent[] = [];
    const flags = ['dataset.train=8', 'dataset.labelled=0.25', 'train.epochs=1', ...overrides];
    await train(await load(...flags), {
      folder: join(path, name),
      onEvent: (event) => events.push(event),
    });
    return of('step', events);
  }

  it('batches without a label have direct losses of 0, and consistency that is not', async () => {
    const steps = await stepsOf('xtc', 'tasks.segmentation.classWeights=medianFrequency');
    const empty = steps.filter(({ losses }) => losses.depth!.direct === 0);
    expect(steps).to.have.length(4);
    expect(empty.length).to.be.within(2, 3);
    for (const { losses } of empty) {
      expect(losses.segmentation!.direct).to.equal(0);
      expect(losses.depth!.transferred.segmentation).to.be.above(0);
      expect(losses.depth!.total).to.be.above(0);
    }
  });

  it('of images with labels alone, consistency has nothing to learn in such batches', async () => {
    const steps = await stepsOf('valid', 'consistency.loss={"name":"xtc","mask":"valid"}');
    const empty = steps.filter(({ losses }) => losses.depth!.direct === 0);
    for (const { losses } of empty) expect(losses.depth!.total).to.equal(0);
  });

  for (const weighter of ['uncertainty', 'pcgrad']) {
    it(`trains without consistency, too, weighted by ${weighter}`, async () => {
      const steps = await stepsOf(weighter, 'consistency=null', `weighter=${weighter}`);
      expect(steps.some(({ losses }) => losses.depth!.total === 0)).to.equal(true);
      expect(steps.some(({ losses }) => losses.depth!.total > 0)).to.equal(true);
    });
  }

  it('trains alignment on the images that have labels', async () => {
    const steps = await stepsOf('align', 'consistency.loss=align');
    for (const { losses } of steps) {
      const { direct, transferred } = losses.depth!;
      expect(direct === 0).to.equal(transferred.segmentation === 0);
    }
  });
});
