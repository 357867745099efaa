import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import { MtlError } from '../../../../core/index.js';
import { describeOn } from '../../../engines.js';
import { uniform, withoutLeaks } from '../reference.js';
import { addonInUse } from './addon-in-use.js';

function slotsInUse(): number {
  return addonInUse().slotsInUse();
}

/** Mebibytes. */
function residentMemory(): number {
  return process.memoryUsage().rss / 2 ** 20;
}

/** Each wants far more memory than any machine can address. */
const impossible: Readonly<Record<string, () => tf.Tensor>> = {
  fill: () => tf.fill([1e5, 1e5, 1e3], 1),
  tile: () => tf.tile(tf.ones([1e3]), [1e10]),
  'broadcast sum': () => tf.add(tf.ones([1e5, 1, 1]), tf.add(tf.ones([1, 1e4, 1]), tf.ones([1e4]))),
  pad: () => tf.pad(tf.ones([4, 4]), [[0, 2e9], [0, 1e4]]), // prettier-ignore
  matMul: () => tf.matMul(tf.ones([2e6, 1]), tf.ones([1, 5e6])),
  conv2d: () =>
    tf.conv2d(uniform([1, 8, 8, 4], 1) as tf.Tensor4D, uniform([1, 1, 4, 4], 2) as tf.Tensor4D, 1, 1e6),
  'conv2d’s bias and activation': () =>
    tf.fused.conv2d({
      x: uniform([1, 8, 8, 4], 1) as tf.Tensor4D,
      filter: uniform([1, 1, 4, 4], 2) as tf.Tensor4D,
      bias: tf.ones([4]),
      strides: 1,
      pad: 1e6,
      activation: 'relu',
    }),
  oneHot: () => tf.oneHot(tf.zeros([1e6], 'int32'), 1e7),
  resizeBilinear: () => tf.image.resizeBilinear(uniform([1, 2, 2, 4], 3) as tf.Tensor4D, [2e6, 2e6]),
};

describeOn('torch', 'the engine’s memory', () => {
  it('is given back when tensors are disposed of, once the last handle is gone', () => {
    const before = slotsInUse();
    const x = uniform([64, 64], 1);
    expect(slotsInUse()).to.equal(before + 1);
    const [clone, view] = [x.clone(), x.reshape([4096])];
    expect(slotsInUse(), 'a clone needs none of its own').to.equal(before + 2);
    x.dispose();
    expect(slotsInUse()).to.equal(before + 2);
    clone.dispose();
    expect(slotsInUse()).to.equal(before + 1);
    expect(tf.sum(view.slice(0, 0)).dataSync()[0]).to.equal(0);
    view.dispose();
    tf.tidy(() => void tf.relu(tf.matMul(uniform([8, 8], 2), uniform([8, 8], 3))));
    expect(slotsInUse()).to.equal(before + 2);
  });

  it('does not grow with work that is done and disposed of', () => {
    const work = (): void =>
      tf.tidy(() => {
        const x = uniform([1, 128, 256, 16], 1) as tf.Tensor4D;
        const filter = uniform([3, 3, 16, 16], 2) as tf.Tensor4D;
        tf.grads((x, w) => tf.relu(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')))([x, filter]);
      });
    work();
    const [slots, memory] = [slotsInUse(), residentMemory()];
    // 2 MiB a tensor: what every round left would come to 60 MiB at least.
    for (let round = 0; round < 30; round++) work();
    expect(slotsInUse()).to.equal(slots);
    expect(residentMemory() - memory).to.be.below(40);
  });

  it('holds tensors of all sizes apart, whatever the order in which they come and go', () => {
    // Small ones are malloc's, large ones the engine's heap's, where a free block is cut and joined again.
    const sizes = fc.integer({ min: 1, max: 1 << 19 });
    const moves = fc.array(fc.oneof(sizes, fc.record({ dispose: fc.nat() })), {
      minLength: 20,
      maxLength: 60,
    });
    const isFull = (x: tf.Tensor, value: number): boolean =>
      x.dataSync().every((element) => element === value);
    fc.assert(
      fc.property(moves, (all) => {
        const held: [x: tf.Tensor, value: number][] = [];
        all.forEach((move, value) => {
          if (typeof move === 'number') held.push([tf.fill([move], value), value]);
          else if (held.length > 0) {
            const [[x, wanted]] = held.splice(move.dispose % held.length, 1) as [[tf.Tensor, number]];
            expect(isFull(x, wanted)).to.equal(true);
            x.dispose();
          }
        });
        for (const [x, value] of held) {
          expect(isFull(x, value)).to.equal(true);
          x.dispose();
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is found again by a step’s tensors, though what is small and stays for a while lies between them', () => {
    const small: tf.Tensor[][] = [];
    const step = (): void =>
      tf.tidy(() => {
        const between: tf.Tensor[] = [];
        for (let size = 1; size <= 16; size++) {
          tf.fill([size, 1 << 18], 1);
          between.push(tf.keep(tf.fill([8000], 1)));
        }
        small.push(between);
        if (small.length > 4) tf.dispose(small.shift());
      });
    for (let count = 0; count < 4; count++) step();
    const memory = residentMemory();
    for (let count = 0; count < 20; count++) step();
    tf.dispose(small);
    // In malloc's heap it grows by some 30.
    expect(residentMemory() - memory).to.be.below(15);
  });

  it('goes back to the system where that is asked for', () => {
    const before = residentMemory();
    const x = tf.fill([64, 1 << 20], 1);
    expect(residentMemory() - before).to.be.above(200);
    x.dispose();
    addonInUse().trim();
    expect(residentMemory() - before).to.be.below(50);
  });

  for (const [name, ask] of Object.entries(impossible)) {
    it(`that cannot be had is an error that says so, and the engine goes on: ${name}`, () => {
      const slots = slotsInUse();
      withoutLeaks(() => {
        expect(ask)
          .to.throw(
            MtlError,
            /^engine torch: \w+ could not get memory \(.*\); take a smaller train\.batchSize/,
          )
          .with.property('code', 'ENGINE_OUT_OF_MEMORY');
        expect(tf.add(uniform([3], 1), 1).shape).to.deep.equal([3]);
      });
      expect(slotsInUse()).to.equal(slots);
    });
  }
});
