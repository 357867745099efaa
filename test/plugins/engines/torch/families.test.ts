import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { describeOn, startOn } from '../../../engines.js';
import { transposed, uniform, withoutLeaks } from '../reference.js';
import { families, type Family } from './families.js';

interface Computed {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

function compute({ inputs, compute }: Family, layout: (x: tf.Tensor) => tf.Tensor): readonly Computed[] {
  const found = (compute as (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[])(...inputs().map(layout));
  const outputs = Array.isArray(found) ? found : [found];
  return outputs.map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync() }));
}

const dense = (x: tf.Tensor): tf.Tensor => x;

/** Float32 keeps seven digits of the largest value; what is counted or only moved stays as it is. */
function expectSame(found: readonly Computed[], wanted: readonly Computed[], what: string): void {
  expect(found.length, what).to.equal(wanted.length);
  wanted.forEach(({ shape, dtype, values }, index) => {
    const { values: own, ...rest } = found[index]!;
    expect(rest, what).to.deep.equal({ shape, dtype });
    const scale = Math.max(1, ...Array.from(values, Math.abs));
    const tolerance = dtype === 'float32' ? 2e-6 * scale : 0;
    Array.from(values).forEach((value, at) => {
      const error = Math.abs(own[at]! - value);
      if (!(error <= tolerance)) expect.fail(`${what}: expected ${value} at ${at}, found ${own[at]}`);
    });
  });
}

describeOn('torch', 'the kernels compute what TensorFlow.js’ plain JavaScript ones do', () => {
  const wanted = new Map<string, readonly Computed[]>();
  before(async () => {
    await tf.setBackend('cpu');
    for (const [name, family] of Object.entries(families)) {
      tf.tidy(() => {
        wanted.set(name, compute(family, dense));
      });
    }
    await startOn('torch');
  });

  for (const [name, family] of Object.entries(families)) {
    it(name, () => {
      withoutLeaks(() => expectSame(compute(family, dense), wanted.get(name)!, 'dense'));
      withoutLeaks(() => expectSame(compute(family, transposed), wanted.get(name)!, 'transposed views'));
    });
  }

  it('matMul repeats what is broadcast, on both sides', () => {
    for (const [rows, inner, columns] of [
      [2, 3, 4],
      [33, 47, 51],
    ] as const) {
      withoutLeaks(() => {
        const [a, b] = [uniform([2, 1, rows, inner], 1), uniform([3, inner, columns], 2)];
        const repeated = tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(b.expandDims(), [2, 1, 1, 1]));
        const found = tf.matMul(a, b);
        expect(found.shape).to.deep.equal([2, 3, rows, columns]);
        expect(found.dataSync()).to.deep.equal(repeated.dataSync());
      });
    }
  });
});
