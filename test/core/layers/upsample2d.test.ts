import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { Upsample2d } from '../../../core/index.js';
import { buildFor, casesOf, expectPass, passOf, value, withLayer } from './layers.js';
import { describeOnEach } from '../../engines.js';

describeOnEach('Upsample2d', () => {
  for (const name of casesOf('upsample')) {
    it(`${name}: output and gradient`, () => {
      withLayer(
        () => buildFor(new Upsample2d({}), name),
        (layer) => {
          expectPass(passOf(layer, name), name);
          expect(layer.computeOutputShape([...value(`${name}.x`).shape])).to.deep.equal(
            value(`${name}.y`).shape,
          );
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
