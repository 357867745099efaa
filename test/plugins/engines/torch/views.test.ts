import { expect } from 'chai';
import { describeOn } from '../../../engines.js';
import { caseNames, computeGradients } from '../gradients.js';
import { transposed } from '../reference.js';
import { expectSameGradients } from '../same.js';

describeOn('torch', 'operations and gradients of transposed views are those of dense tensors', () => {
  for (const name of caseNames) {
    it(name, async () => {
      const [dense, views] = [await computeGradients([name]), await computeGradients([name], transposed)];
      expectSameGradients(views.cases[name]!, dense.cases[name]!);
      expect([dense.left, views.left], 'tensors left').to.deep.equal([0, 0]);
    });
  }
});
