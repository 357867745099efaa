import { expect } from 'chai';
import { MaxPool2d } from '../../../core/index.js';
import { buildFor, casesOf, expectPass, passOf, value, withLayer } from './layers.js';
import { describeOnEach } from '../../engines.js';

describeOnEach('MaxPool2d', () => {
  for (const name of casesOf('maxPool')) {
    it(`${name}: output and gradient`, () => {
      const [, size, stride, padding] = /k(\d)s(\d)p(\d)/.exec(name)!;
      const args = { poolSize: Number(size), stride: Number(stride), padding: Number(padding) };
      withLayer(
        () => buildFor(new MaxPool2d(args), name),
        (layer) => {
          expectPass(passOf(layer, name), name);
          expect(layer.computeOutputShape([...value(`${name}.x`).shape])).to.deep.equal(
            value(`${name}.y`).shape,
          );
        },
      );
    });
  }
});
