import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  Random,
  type PartSpec,
  type Reference,
  type Target,
  type TransferTask,
} from '../../../core/index.js';
import { makeTask } from '../../core/model/golden.js';
import { describeOnEach } from '../../engines.js';
import { relativeError } from '../../oracles/compare.js';
import { differentiate, predictionLoss } from './losses.js';

const classes = 3;

/** A random batch: its size, and the seed of all its numbers. */
const batches = fc.record({
  batch: fc.integer({ min: 2, max: 4 }),
  height: fc.integer({ min: 3, max: 6 }),
  width: fc.integer({ min: 3, max: 6 }),
  seed: fc.integer(),
});

type Batch = typeof batches extends fc.Arbitrary<infer T> ? T : never;

/** A loss as a function of a prediction and what it is held against. */
interface Law {
  readonly name: string;
  readonly channels: number;
  readonly value: 'ids' | 'numbers' | 'scores';
  compute(prediction: tf.Tensor4D, target: Target): tf.Scalar;
}

function direct(spec: PartSpec, channels: number): Law {
  const name = typeof spec === 'string' ? spec : Object.values(spec).join(' ');
  const loss = predictionLoss(spec);
  const value = channels > 1 ? 'ids' : 'numbers';
  return { name, channels, value, compute: (prediction, target) => loss.compute(prediction, target) };
}

/** A transferred prediction against a direct one, on labelled pixels. */
function transferred(
  task: TransferTask,
  channels: number,
  options: Pick<Reference, 'target' | 'labelSmoothing'>,
): Law {
  return {
    name: `transferred ${task.name}, ${options.target} target`,
    channels,
    value: channels > 1 ? 'scores' : 'numbers',
    compute: (prediction, target) => task.transfer.loss(prediction, { ...target, ...options }),
  };
}

const laws: readonly Law[] = [
  direct('crossEntropy', classes),
  direct({ name: 'crossEntropy', labelSmoothing: 0.1 }, classes),
  ...['l1', 'mse', 'logL1', 'smoothL1', 'ssim'].map((name) => direct(name, 1)),
  direct({ name: 'l1', reduction: 'image' }, 1),
  transferred(makeTask('segmentation'), classes, { target: 'soft', labelSmoothing: 0 }),
  transferred(makeTask('segmentation'), classes, { target: 'hard', labelSmoothing: 0.1 }),
  transferred(makeTask('depth'), 1, { target: 'soft', labelSmoothing: 0 }),
];

interface Numbers {
  readonly prediction: Float32Array;
  readonly value: Float32Array;
  readonly mask: Float32Array;
}

function numbersOf({ channels, value }: Law, { batch, height, width, seed }: Batch): Numbers {
  const pixels = batch * height * width;
  const random = new Random(seed, 'losses');
  const draw = (length: number, next: () => number): Float32Array => Float32Array.from({ length }, next);
  const normal = (): number => random.normal();
  return {
    prediction: draw(pixels * channels, normal),
    value: value === 'ids' ? draw(pixels, () => random.integer(classes)) : draw(pixels * channels, normal),
    mask: draw(pixels, () => (random.uniform() < 0.7 ? 1 : 0)),
  };
}

function run(law: Law, { batch, height, width }: Batch, { prediction, value, mask }: Numbers) {
  const map = (values: Float32Array): tf.Tensor4D =>
    tf.tensor4d(values, [batch, height, width, values.length / (batch * height * width)]);
  return differentiate(
    (input) => law.compute(input, { value: map(value), mask: map(mask) }),
    () => [map(prediction)],
  );
}

/** The images of a batch in reverse order. */
function reversed(values: Float32Array, batch: number): Float32Array {
  const size = values.length / batch;
  const images = Array.from({ length: batch }, (_, image) => [
    ...values.subarray(image * size, (image + 1) * size),
  ]);
  return Float32Array.from(images.toReversed().flat());
}

describeOnEach('every loss', () => {
  for (const law of laws) {
    it(`${law.name}: the order of the images means nothing`, () => {
      fc.assert(
        fc.property(batches, (shape) => {
          const { batch } = shape;
          const numbers = numbersOf(law, shape);
          const one = run(law, shape, numbers);
          const other = run(law, shape, {
            prediction: reversed(numbers.prediction, batch),
            value: reversed(numbers.value, batch),
            mask: reversed(numbers.mask, batch),
          });
          expect(other.value).to.be.closeTo(one.value, 1e-6 * Math.max(1, Math.abs(one.value)));
          expect(relativeError(reversed(other.gradients[0]!, batch), one.gradients[0]!)).to.be.at.most(1e-6);
        }),
        { numRuns: 15 },
      );
    });

    it(`${law.name}: masked pixels have no influence and no gradient`, () => {
      fc.assert(
        fc.property(batches, (shape) => {
          const numbers = numbersOf(law, shape);
          const other = numbersOf(law, { ...shape, seed: shape.seed + 1 });
          const { mask } = numbers;
          // Where masked, the numbers of another batch.
          const mixed = (own: Float32Array, foreign: Float32Array): Float32Array =>
            own.map((value, place) =>
              mask[Math.floor((place * mask.length) / own.length)] ? value : foreign[place]!,
            );
          const one = run(law, shape, numbers);
          const changed = run(law, shape, {
            prediction: mixed(numbers.prediction, other.prediction),
            value: mixed(numbers.value, other.value),
            mask,
          });
          expect(changed.value).to.equal(one.value);
          expect(changed.gradients[0]).to.deep.equal(one.gradients[0]);
          one.gradients[0]!.forEach((slope, place) => {
            if (!mask[Math.floor(place / law.channels)]) expect(slope).to.equal(0);
          });
        }),
        { numRuns: 15 },
      );
    });
  }
});
