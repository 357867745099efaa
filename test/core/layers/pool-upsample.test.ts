import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { AddRelu, MaxPool2d, Upsample2d } from '../../../core/index.js';
import { startEngine } from '../../oracles/compare.js';
import { hashed } from '../../oracles/values.js';
import { buildFor, casesOf, expectPass, passOf, value, withLayer } from './layers.js';

describe('MaxPool2d', () => {
  before(startEngine);

  for (const name of casesOf('maxPool')) {
    it(`${name}: output and gradient`, () => {
      const [, size, stride, padding] = /k(\d)s(\d)p(\d)/.exec(name)!;
      const args = { poolSize: Number(size), stride: Number(stride), padding: Number(padding) };
      withLayer(
        () => buildFor(new MaxPool2d(args), name),
        (layer) => {
          expectPass(passOf(layer, name), name);
          expect(layer.computeOutputShape([...value(`${name}.x`).shape])).to.deep.equal(value(`${name}.y`).shape);
        },
      );
    });
  }
});

describe('Upsample2d', () => {
  before(startEngine);

  for (const name of casesOf('upsample')) {
    it(`${name}: output and gradient`, () => {
      withLayer(
        () => buildFor(new Upsample2d({}), name),
        (layer) => {
          expectPass(passOf(layer, name), name);
          expect(layer.computeOutputShape([...value(`${name}.x`).shape])).to.deep.equal(value(`${name}.y`).shape);
        },
      );
    });
  }

  it('by 3 keeps the corners and is linear in between', () => {
    withLayer(
      () => {
        const layer = new Upsample2d({ factor: 3 });
        layer.apply(tf.input({ shape: [1, 2, 1] }));
        return layer;
      },
      (layer) => {
        const y = layer.apply(tf.tensor4d([0, 5], [1, 1, 2, 1])) as tf.Tensor;
        expect(y.shape).to.deep.equal([1, 3, 6, 1]);
        const wanted = [0, 1, 2, 3, 4, 5];
        y.dataSync().forEach((found, place) => expect(found).to.be.closeTo(wanted[place % 6]!, 1e-5));
      },
    );
  });
});

describe('AddRelu', () => {
  before(startEngine);

  it('is relu(a + b), with the same gradient for both', () => {
    withLayer(
      () => {
        const layer = new AddRelu({});
        layer.apply([tf.input({ shape: [5, 3, 4] }), tf.input({ shape: [5, 3, 4] })]);
        return layer;
      },
      (layer) => {
        const shape: [number, number, number, number] = [2, 5, 3, 4];
        const [a, b, dy] = ['a', 'b', 'dy'].map((name) => tf.tensor4d(hashed(`addRelu.${name}`, shape, 1), shape));
        const found = tf.grads((left: tf.Tensor, right: tf.Tensor) => layer.apply([left, right]) as tf.Tensor);
        const wanted = tf.grads((left: tf.Tensor, right: tf.Tensor) => tf.relu(tf.add(left, right)));
        const [gradients, references] = [found([a!, b!], dy), wanted([a!, b!], dy)];
        expect((layer.apply([a!, b!]) as tf.Tensor).dataSync()).to.deep.equal(tf.relu(tf.add(a!, b!)).dataSync());
        gradients.forEach((gradient, index) => {
          expect(gradient.dataSync()).to.deep.equal(references[index]!.dataSync());
        });
      },
    );
  });
});
