import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { AddRelu } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { hashed } from '../../oracles/values.js';
import { withLayer } from './layers.js';

describeOnEach('AddRelu', () => {
  it('is relu(a + b), with the same gradient for both', () => {
    withLayer(
      () => {
        const layer = new AddRelu({});
        layer.apply([tf.input({ shape: [5, 3, 4] }), tf.input({ shape: [5, 3, 4] })]);
        return layer;
      },
      (layer) => {
        const shape: [number, number, number, number] = [2, 5, 3, 4];
        const [a, b, dy] = ['a', 'b', 'dy'].map((name) =>
          tf.tensor4d(hashed(`addRelu.${name}`, shape, 1), shape),
        );
        const found = tf.grads(
          (left: tf.Tensor, right: tf.Tensor) => layer.apply([left, right]) as tf.Tensor,
        );
        const wanted = tf.grads((left: tf.Tensor, right: tf.Tensor) => tf.relu(tf.add(left, right)));
        const [gradients, references] = [found([a!, b!], dy), wanted([a!, b!], dy)];
        expect((layer.apply([a!, b!]) as tf.Tensor).dataSync()).to.deep.equal(
          tf.relu(tf.add(a!, b!)).dataSync(),
        );
        // + 0, so that −0 is 0.
        const values = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync(), (value) => value + 0);
        gradients.forEach((gradient, index) => {
          expect(values(gradient)).to.deep.equal(values(references[index]!));
        });
      },
    );
  });
});
