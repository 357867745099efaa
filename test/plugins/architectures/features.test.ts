import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import type { PartSpec } from '../../../core/index.js';
import { startOn } from '../../engines.js';
import { buildPeer, imageOf, shape } from './peers.js';

/** By architecture, of width 4: the bottleneck and the map that a head is fed, [height, width, channels]. */
const architectures: readonly (readonly [PartSpec, readonly number[], readonly number[]])[] = [
  ['split', [1, 2, 32], [32, 64, 4]],
  ['mtan', [1, 2, 32], [32, 64, 4]],
  ['stan', [1, 2, 32], [32, 64, 4]],
  ['dense', [1, 2, 32], [32, 64, 4]],
  ['cross-stitch', [1, 2, 32], [32, 64, 4]],
  [{ name: 'adamt', width: 4 }, [2, 4, 64], [32, 64, 4]],
  [{ name: 'shared', decoderChannels: 6 }, [1, 2, 32], [32, 64, 6]],
  [{ name: 'single', decoderChannels: 6 }, [1, 2, 32], [32, 64, 6]],
];

const tasks = ['segmentation', 'depth'];

describe('features of networks', () => {
  before(() => startOn('wasm'));

  for (const [architecture, bottleneck, decoded] of architectures) {
    const name = typeof architecture === 'string' ? architecture : architecture.name;
    it(`${name}: are of the shapes that it tells, and change no prediction`, () => {
      const before = tf.memory().numTensors;
      const model = buildPeer({ architecture, initialize: true });
      expect(model.featureShapes).to.deep.equal(
        Object.fromEntries(tasks.map((task) => [task, { bottleneck, decoded }])),
      );
      const options = { training: false, transfer: false };
      tf.tidy(() => {
        const image = imageOf(0);
        const [plain, asked] = [
          model.forward(image, options),
          model.forward(image, { ...options, features: true }),
        ];
        expect(plain.features).to.equal(undefined);
        for (const task of tasks) {
          const maps = asked.features![task]!;
          expect(maps.bottleneck.shape).to.deep.equal([shape[0], ...bottleneck]);
          expect(maps.decoded.shape).to.deep.equal([shape[0], ...decoded]);
          expect(asked.direct[task]!.dataSync()).to.deep.equal(plain.direct[task]!.dataSync());
        }
      });
      model.dispose();
      expect(tf.memory().numTensors, 'tensors left').to.equal(before);
    });
  }

  it('are the task’s own where the network has some for each', () => {
    for (const [architecture, own] of [
      ['split', false],
      ['mtan', true],
      ['stan', true],
      ['dense', true],
      ['cross-stitch', true],
    ] as const) {
      const model = buildPeer({ architecture, initialize: true });
      tf.tidy(() => {
        const how = { training: true, transfer: false, features: true };
        const { segmentation, depth } = model.forward(imageOf(0), how).features!;
        for (const map of ['bottleneck', 'decoded'] as const) {
          const [one, other] = [segmentation![map].dataSync(), depth![map].dataSync()];
          const isSame = one.every((value, at) => value === other[at]);
          expect(isSame, `${architecture}, ${map}`).to.equal(!own);
        }
      });
      model.dispose();
    }
  });
});
