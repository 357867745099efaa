import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { createPart } from '../../../../core/index.js';
import { torch } from '../../../../plugins/engines/torch/index.js';
import { describeOn, startOn } from '../../../engines.js';
import { uniform, withoutLeaks } from '../reference.js';

const image = (): tf.Tensor4D => uniform([1, 7, 6, 3], 1) as tf.Tensor4D;
const filter = (): tf.Tensor4D => uniform([3, 3, 3, 2], 2) as tf.Tensor4D;

/** By what is asked of them: operations that are left to JavaScript, with a kernel that then does the work. */
const operations: Readonly<Record<string, readonly [kernel: string, () => tf.Tensor | tf.Tensor[]]>> = {
  'complex numbers': [
    'Multiply',
    () => {
      const [a, b] = [3, 5].map((seed) => tf.complex(uniform([4], seed), uniform([4], seed + 1)));
      const product = tf.mul(a!, b!);
      return [tf.real(product), tf.imag(product)];
    },
  ],
  'Fourier transforms': ['FFT', () => tf.abs(tf.spectral.rfft(uniform([2, 8], 7)))],
  'text compared': ['Equal', () => tf.equal(tf.tensor1d(['a', 'b', 'c']), tf.tensor1d(['a', 'x', 'c']))],
  'text joined': ['Concat', () => tf.concat([tf.tensor1d(['a', 'b']), tf.tensor1d(['c'])])],
  'the k largest': ['TopK', () => Object.values(tf.topk(uniform([3, 8], 8), 3))],
  'values that are there once': ['Unique', () => Object.values(tf.unique(tf.tensor1d([3, 1, 3, 2, 1])))],
  'images channels first': [
    'Conv2D',
    () => tf.conv2d(image().transpose<tf.Tensor4D>([0, 3, 1, 2]), filter(), 1, 'valid', 'NCHW'),
  ],
  'windows counted up': ['Conv2D', () => tf.conv2d(image(), filter(), 2, 1, 'NHWC', 1, 'ceil')],
  'windows of a pool counted up': ['MaxPool', () => tf.maxPool(image(), 3, 2, 0, 'ceil')],
  'a slice backwards': ['StridedSlice', () => tf.stridedSlice(uniform([5, 4], 9), [4, 3], [0, 0], [-1, -2])],
  'three-dimensional pools': [
    'MaxPool3D',
    () => tf.maxPool3d(uniform([1, 4, 4, 4, 2], 10) as tf.Tensor5D, 2, 2, 'valid'),
  ],
};

describeOn('torch', 'kernels that the engine leaves to JavaScript', () => {
  const engine = createPart(torch, { threads: 1 });
  const counts = async (): Promise<Readonly<Record<string, number>>> => (await engine.kernels!()).fallbacks;
  const read = (operation: () => tf.Tensor | tf.Tensor[]): unknown =>
    tf.tidy(() => {
      const found = operation();
      return (Array.isArray(found) ? found : [found]).map((tensor) => [
        tensor.shape,
        tensor.dtype,
        [...tensor.dataSync()],
      ]) as never;
    });

  for (const [name, [kernel, operation]] of Object.entries(operations)) {
    it(`${name}: give the same, and are counted`, async () => {
      await tf.setBackend('cpu');
      const wanted = read(operation);
      await startOn('torch');
      const before = await counts();
      withoutLeaks(() => {
        expect(read(operation)).to.deep.equal(wanted);
      });
      expect((await counts())[kernel]! - (before[kernel] ?? 0)).to.be.above(0);
    });
  }

  it('are listed with no count before they are used, and the engine’s own not at all', async () => {
    const { own, fallbacks } = await engine.kernels!();
    expect(own).to.be.above(100);
    expect(fallbacks).to.include({ Dilation2D: 0 }).and.not.have.any.keys('Relu', 'Softmax', 'AddRelu');
  });

  it('fail as they do in JavaScript, and leave nothing behind', () => {
    withoutLeaks(() => {
      expect(() =>
        tf.sparse.sparseReshape(tf.tensor2d([[0, 0]], [1, 2], 'int32'), [2, 3], [4, 5]),
      ).to.throw();
    });
  });

  it('recommend no other backend on the console', () => {
    const { warn } = console;
    const said: unknown[] = [];
    console.warn = (...text: unknown[]) => void said.push(text);
    try {
      tf.tidy(() => tf.topk(uniform([9], 11)).values.dataSync());
    } finally {
      console.warn = warn;
    }
    expect(said).to.deep.equal([]);
  });
});
