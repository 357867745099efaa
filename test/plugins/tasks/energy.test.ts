import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { consistencyEnergy, type TransferTask } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { relativeError } from '../../oracles/compare.js';
import { hashed, readTensors } from '../../oracles/values.js';
import { map } from '../losses/losses.js';
import { makeTask } from './tasks.js';

const golden = readTensors('energy.safetensors');

/** By the oracle's name: the task, and the name of its stored inputs. */
const cases = {
  segmentation: ['segmentation', 'segmentation'],
  depth: ['depth', 'depth'],
  normals: ['normals', 'directions'],
  edges: ['edges', 'edges'],
} as const;

const task = (type: string): TransferTask => makeTask(type) as TransferTask;

describeOnEach('consistency energy', () => {
  for (const [name, [type, inputs]] of Object.entries(cases)) {
    it(`of ${name} is PyTorch’s, per pixel`, () => {
      tf.tidy(() => {
        const found = task(type).transfer.energy(map(`${inputs}.prediction`), map(`${inputs}.direct`));
        expect(found.shape).to.deep.equal(golden[name]!.shape);
        expect(relativeError(found.dataSync(), golden[name]!.data)).to.be.below(1e-5);
      });
    });
  }

  it('of an image is the mean distance of its channels', () => {
    tf.tidy(() => {
      const [transferred, direct] = [
        tf.tensor4d([0.5, 0, 1], [1, 1, 1, 3]),
        tf.tensor4d([0, 0, 0.25], [1, 1, 1, 3]),
      ];
      const [energy] = task('reconstruction').transfer.energy(transferred, direct).dataSync();
      expect(energy).to.be.closeTo((0.5 + 0.75) / 3, 1e-6);
    });
  });

  for (const type of ['segmentation', 'depth', 'normals', 'edges', 'reconstruction']) {
    it(`of ${type} is never negative, and 0 where both agree`, () => {
      tf.tidy(() => {
        const { transfer, channels } = task(type);
        const shape = [1, 8, 8, channels] as const;
        const tensor = (name: string): tf.Tensor4D => tf.tensor4d(hashed(name, shape, 9), [...shape]);
        const values = transfer.energy(tensor('one'), tensor('other')).dataSync();
        expect(Math.min(...values)).to.be.at.least(0);
        const none = transfer.energy(tensor('one'), tensor('one')).dataSync();
        expect(Math.max(...none)).to.be.below(1e-5);
      });
    });
  }

  it('of segmentation and depth together is half of each: the paper authors’', () => {
    const before = tf.memory().numTensors;
    const [segmentation, depth] = [task('segmentation'), task('depth')];
    tf.tidy(() => {
      const energy = consistencyEnergy({
        direct: { segmentation: map('segmentation.direct'), depth: map('depth.direct') },
        transferred: [
          { from: segmentation, to: depth, prediction: map('depth.prediction') },
          { from: depth, to: segmentation, prediction: map('segmentation.prediction') },
        ],
      });
      expect(relativeError(energy!.dataSync(), golden.paper!.data)).to.be.below(1e-5);
      expect(consistencyEnergy({ direct: {}, transferred: [] })).to.equal(undefined);
    });
    expect(tf.memory().numTensors).to.equal(before);
  });
});
