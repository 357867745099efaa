import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import { collate, Model, predictImages, prepare, type Network, type RgbImage } from '../../../core/index.js';
import { predictTiled } from '../../../core/prediction/predict-tiled.js';
import { tileSpans } from '../../../core/prediction/tiles.js';
import { openData } from '../../../core/run/data.js';
import { load } from '../run/tiny.js';

const size = { height: 16, width: 24 };

function picture(height: number, width: number, at: (x: number, y: number) => number): RgbImage {
  const data = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    data.fill(at(pixel % width, Math.floor(pixel / width)), 3 * pixel, 3 * pixel + 3);
  }
  return { height, width, channels: 3, data };
}

/** A model of segmentation and depth whose heads are functions of the images. */
async function modelOf(forward: (image: tf.Tensor4D) => { scores: tf.Tensor4D; depth: tf.Tensor4D }) {
  const { tasks } = openData(await load());
  const network: Network = {
    parts: {},
    forward: (image) => {
      const { scores, depth } = forward(image);
      return { direct: { segmentation: scores, depth } };
    },
  };
  return new Model(tasks, network, []);
}

/** Each pixel for itself: a network that shifts along with the picture. */
const pointwise = () =>
  modelOf((image) => ({
    scores: tf.slice(
      tf.concat([image, tf.sin<tf.Tensor4D>(tf.mul(image, 5)), tf.neg(image)], 3),
      [0, 0, 0, 0],
      [-1, -1, -1, 7],
    ),
    depth: tf.exp(tf.mean<tf.Tensor4D>(image, 3, true)),
  }));

async function plain(model: Model, image: RgbImage) {
  const { height, width } = image;
  const sample = { id: 'whole', height, width, image, labels: {} };
  return (await predictImages(model, collate([prepare(sample, [])]), { transfer: false }))[0]!;
}

describe('tiles along an axis', () => {
  it('cover it, share at least what they are to, and count 1 in all at every pixel', () => {
    const lengths = fc.record({
      tile: fc.integer({ min: 1, max: 40 }),
      more: fc.integer({ min: 0, max: 200 }),
      overlap: fc.double({ min: 0, max: 0.5, noNaN: true }),
    });
    fc.assert(
      fc.property(lengths, ({ tile, more, overlap }) => {
        const spans = tileSpans(tile + more, tile, overlap);
        const sums = new Float64Array(tile + more);
        for (const { start, weights } of spans) {
          expect(weights).to.have.lengthOf(tile);
          weights.forEach((weight, at) => {
            expect(weight).to.be.within(0, 1);
            sums[start + at]! += weight;
          });
        }
        for (const sum of sums) expect(sum).to.be.closeTo(1, 1e-6);
        for (const [index, { start }] of spans.slice(1).entries()) {
          expect(spans[index]!.start + tile - start).to.be.at.least(
            Math.min(tile - 1, Math.floor(tile * overlap)),
          );
        }
      }),
    );
  });

  it('never jump: from a pixel to the next, a weight changes by what the ramp is long', () => {
    for (const { weights } of tileSpans(100, 20, 0.4)) {
      for (let at = 1; at < 20; at++) expect(Math.abs(weights[at]! - weights[at - 1]!)).to.be.at.most(1 / 8);
    }
  });
});

describe('a prediction in tiles', () => {
  it('is the plain one, to the bit, for a picture of the model’s size', async () => {
    const model = await pointwise();
    const image = picture(16, 24, (x, y) => (x * 37 + y * 101) % 256);
    const options = { size, overlap: 0.25, batchSize: 2, transfer: false };
    const [tiled, whole] = [await predictTiled(model, image, options), await plain(model, image)];
    for (const task of ['segmentation', 'depth']) {
      expect([...tiled.direct[task]!.data]).to.deep.equal([...whole.direct[task]!.data]);
    }
  });

  it('shows no seams where the network shifts along with the picture', async () => {
    const model = await pointwise();
    const image = picture(41, 75, (x, y) => (x * 7 + y * 13) % 256);
    const whole = await plain(model, image);
    for (const [overlap, batchSize] of [
      [0, 1],
      [0.25, 3],
      [0.5, 8],
    ] as const) {
      const tensors = tf.memory().numTensors;
      const tiled = await predictTiled(model, image, { size, overlap, batchSize, transfer: false });
      expect(tf.memory().numTensors).to.equal(tensors);
      const [depth, expected] = [tiled.direct.depth!, whole.direct.depth!];
      expect([depth.height, depth.width]).to.deep.equal([41, 75]);
      depth.data.forEach((value, at) => expect(value).to.be.closeTo(expected.data[at]!, 1e-5));
      expect([...tiled.direct.segmentation!.data]).to.deep.equal([...whole.direct.segmentation!.data]);
    }
  });

  it('passes from one tile’s value to the next’s without a step', async () => {
    // Each tile says something else: 1 more than the one before.
    let calls = 0;
    const model = await modelOf((image) => ({
      scores: tf.zeros([image.shape[0], 16, 24, 7]),
      depth: tf.fill([image.shape[0], 16, 24, 1], ++calls),
    }));
    const tiled = await predictTiled(
      model,
      picture(16, 60, () => 9),
      {
        size,
        overlap: 0.5,
        batchSize: 1,
        transfer: false,
      },
    );
    const row = [...tiled.direct.depth!.data.subarray(0, 60)];
    expect([row[0], row.at(-1)]).to.deep.equal([1, calls]);
    // Where one ramp ends, the next may begin: twice its slope, 1/13, at most.
    row.slice(1).forEach((value, at) => expect(value - row[at]!).to.be.within(-1e-6, 2 / 13 + 1e-6));
  });
});
