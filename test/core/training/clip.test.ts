import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { expect } from 'chai';
import { clipByGlobalNorm, globalNorm, type NamedGradients } from '../../../core/index.js';
import { readJson } from '../../oracles/values.js';

type Numbers = Readonly<Record<string, readonly number[]>>;

/** Made by updates.py: the gradients of its second step, clipped. */
interface Clips {
  readonly shapes: Numbers;
  readonly gradients: readonly Numbers[];
  readonly clip: readonly { readonly maxNorm: number; readonly norm: number; readonly clipped: Numbers }[];
}

const clips = readJson('updates.json') as Clips;
const given = (): NamedGradients =>
  Object.fromEntries(
    Object.entries(clips.gradients[1]!).map(([name, data]) => [
      name,
      tf.tensor([...data], [...clips.shapes[name]!]),
    ]),
  );

describe('clipByGlobalNorm', () => {
  before(async () => {
    await tf.setBackend('cpu');
  });

  for (const { maxNorm, norm, clipped } of clips.clip) {
    it(`clips to ${maxNorm} as PyTorch does`, () => {
      tf.tidy(() => {
        const found = clipByGlobalNorm(given(), maxNorm);
        expect(found.norm.dataSync()[0]).to.be.closeTo(norm, 1e-6);
        for (const [name, tensor] of Object.entries(found.gradients)) {
          expect(tensor.shape).to.deep.equal(clips.shapes[name]);
          tensor
            .dataSync()
            .forEach((value, index) => expect(value).to.be.closeTo(clipped[name]![index]!, 2e-7));
        }
      });
    });
  }

  it('keeps the direction, and the values of gradients that are short enough', () => {
    tf.tidy(() => {
      const { gradients, norm } = clipByGlobalNorm({ a: tf.tensor1d([3, 0]), b: tf.tensor2d([[-4]]) }, 1);
      expect(norm.dataSync()[0]).to.equal(5);
      expect(gradients.a!.dataSync()[0]).to.be.closeTo(0.6, 1e-6);
      expect(gradients.b!.dataSync()[0]).to.be.closeTo(-0.8, 1e-6);
      const untouched = clipByGlobalNorm({ a: tf.tensor1d([3, 4]) }, 6).gradients.a!;
      expect([...untouched.dataSync()]).to.deep.equal([3, 4]);
    });
  });

  it('has a norm of 0, and gives no NaN, for gradients of 0 and for none', () => {
    tf.tidy(() => {
      const { gradients, norm } = clipByGlobalNorm({ a: tf.zeros([3]) }, 1);
      expect(norm.dataSync()[0]).to.equal(0);
      expect([...gradients.a!.dataSync()]).to.deep.equal([0, 0, 0]);
      expect(globalNorm({}).dataSync()[0]).to.equal(0);
    });
  });

  it('leaves the given gradients alone and gives new ones with the norm, nothing else', () => {
    const gradients = given();
    const before = tf.memory().numTensors;
    const found = clipByGlobalNorm(gradients, 0.5);
    expect(tf.memory().numTensors - before).to.equal(Object.keys(gradients).length + 1);
    tf.dispose([found.gradients, found.norm]);
    expect(gradients.vector!.dataSync()[1]).to.be.closeTo(clips.gradients[1]!.vector![1]!, 1e-8);
    tf.dispose(gradients);
    expect(tf.memory().numTensors).to.equal(before - Object.keys(gradients).length);
  });
});

describe('globalNorm on wasm', () => {
  before(async () => {
    await tf.setBackend('wasm');
  });

  after(async () => {
    await tf.setBackend('cpu');
  });

  it('adds up a large kernel without losing what is small', () => {
    tf.tidy(() => {
      // In float32, 4096² + 1 is 4096²: added one after the other, none of the ones would count.
      const values = new Float32Array(1_000_000).fill(1);
      values[0] = 4096;
      const norm = globalNorm({ kernel: tf.tensor2d(values, [1000, 1000]) });
      expect(norm.dataSync()[0]).to.be.closeTo(Math.sqrt(4096 ** 2 + 999_999), 0.2);
    });
  });
});
