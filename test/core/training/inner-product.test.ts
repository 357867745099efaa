import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { innerProduct } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { hashed } from '../../oracles/values.js';

describeOnEach('innerProduct', () => {
  const shapes: readonly number[][] = [[], [1], [17], [3, 5], [3, 3, 40, 50], [451, 443]];

  for (const shape of shapes) {
    it(`is Σ a b over [${shape.join()}]`, () => {
      tf.tidy(() => {
        const [a, b] = ['a', 'b'].map((name) => hashed(name, shape, 2).map((value) => value + 0.5));
        const wanted = a!.reduce((sum, value, index) => sum + value * b![index]!, 0);
        const found = innerProduct(tf.tensor(a!, shape), tf.tensor(b!, shape));
        expect(found.shape).to.deep.equal([]);
        expect(found.dataSync()[0]! / wanted).to.be.closeTo(1, 1e-6);
      });
    });
  }

  it('is the same to the bit however the values lie', () => {
    tf.tidy(() => {
      const shape = [3, 3, 40, 50];
      const [a, b] = ['a', 'b'].map((name) => tf.tensor(hashed(name, shape, 2), shape));
      const turned = (x: tf.Tensor): tf.Tensor =>
        tf.transpose(tf.tensor(tf.transpose(x, [3, 0, 1, 2]).dataSync(), [50, 3, 3, 40]), [1, 2, 3, 0]);
      const wanted = innerProduct(a!, b!).dataSync()[0];
      expect(innerProduct(turned(a!), b!).dataSync()[0]).to.equal(wanted);
      expect(innerProduct(turned(a!), turned(b!)).dataSync()[0]).to.equal(wanted);
    });
  });
});
