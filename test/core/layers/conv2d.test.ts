import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { Conv2d } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { tensorOf } from '../../oracles/compare.js';
import { buildFor, casesOf, expectPass, passOf, value, withLayer } from './layers.js';

/** `conv2d.k3s2p1` → its size, stride and padding. */
function geometry(name: string): { kernelSize: number; stride: number; padding: number } {
  const [, size, stride, padding] = /k(\d)s(\d)p(\d)$/.exec(name)!;
  return { kernelSize: Number(size), stride: Number(stride), padding: Number(padding) };
}

describeOnEach('Conv2d', () => {
  for (const name of casesOf('conv2d')) {
    const args = { filters: 3, ...geometry(name) };

    it(`${name}: output and gradients`, () => {
      withLayer(
        () => buildFor(new Conv2d(args), name, ['kernel', 'bias']),
        (layer) => {
          expectPass(passOf(layer, name), name);
          expect(layer.computeOutputShape([...value(`${name}.x`).shape])).to.deep.equal(
            value(`${name}.y`).shape,
          );
        },
      );
    });

    it(`${name}: with ReLU it is the same, cut off at 0`, () => {
      withLayer(
        () => buildFor(new Conv2d({ ...args, activation: 'relu' }), name, ['kernel', 'bias']),
        (layer) => {
          const [x, dy, kernel, bias] = ['x', 'dy', 'kernel', 'bias'].map((part) =>
            tensorOf(value(`${name}.${part}`)),
          );
          const reference = tf.grads((...inputs: tf.Tensor[]) => {
            const [image, filter, offset] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor];
            return tf.relu(tf.add(tf.conv2d(image, filter, args.stride, args.padding), offset));
          });
          const wanted = reference([x!, kernel!, bias!], dy);
          const { y, dx, dWeights } = passOf(layer, name);
          expectSame(y, tf.relu(tensorOf(value(`${name}.y`))));
          [dx, dWeights.kernel!, dWeights.bias!].forEach((found, index) => expectSame(found, wanted[index]!));
        },
      );
    });
  }

  it('without a bias adds none', () => {
    const name = 'conv2d.k3s2p1';
    withLayer(
      () => buildFor(new Conv2d({ filters: 3, ...geometry(name), useBias: false }), name, ['kernel']),
      (layer) => {
        const { y, dx, dWeights } = passOf(layer, name);
        expectSame(tf.add(y, tensorOf(value(`${name}.bias`))), tensorOf(value(`${name}.y`)));
        expectSame(dx, tensorOf(value(`${name}.dx`)));
        expectSame(dWeights.kernel!, tensorOf(value(`${name}.dkernel`)));
        expect(Object.keys(dWeights)).to.deep.equal(['kernel']);
      },
    );
  });

  it('keeps the size at stride 1 where no padding is given', () => {
    for (const kernelSize of [1, 3, 5, 7]) {
      const layer = new Conv2d({ filters: 2, kernelSize });
      expect(layer.computeOutputShape([null, 9, 7, 3])).to.deep.equal([null, 9, 7, 2]);
    }
  });
});

function expectSame(found: tf.Tensor, wanted: tf.Tensor): void {
  expect(found.shape).to.deep.equal(wanted.shape);
  expect(tf.max(tf.abs(tf.sub(found, wanted))).dataSync()[0]).to.be.at.most(2e-5);
}
