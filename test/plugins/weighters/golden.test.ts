import { expect } from 'chai';
import type { Random } from '../../../core/index.js';
import { weighters } from '../../../plugins/weighters/index.js';
import type { GramianPart } from '../../../plugins/weighters/common/gramian-method.js';
import { relativeError } from '../../oracles/compare.js';
import { combined, gramianOf, gramianUpdates, weighterCases, type Rows } from '../../oracles/weighters.js';

const methods = [
  'sum',
  'mean',
  'pcgrad',
  'mgda',
  'cagrad',
  'gradvac',
  'imtlG',
  'nashMtl',
  'alignedMtl',
  'fairgrad',
  'upgrad',
  'dualproj',
  'conflictFree',
  'krum',
];
const parts = weighters as unknown as Readonly<Record<string, GramianPart>>;

/**
 * How far from SciPy. Its values have ten digits, its solvers stop at 1e-10, and the methods' own may add an ε of 1e-8
 * to what they divide by.
 */
const tolerance = 1e-7;

/** Draws the golden orders: the i-th permutation is task i's, of all tasks or of the others. */
function drawing(orders: Rows): Random {
  let drawn = 0;
  const permutation = (length: number): Uint32Array => {
    const task = drawn++;
    const others = orders[task]!;
    if (length > others.length) return Uint32Array.from([...others, task]);
    return Uint32Array.from(others, (other) => (other > task ? other - 1 : other));
  };
  return { permutation } as unknown as Random;
}

describe('weighters beside SciPy', () => {
  const cases = Object.fromEntries(weighterCases().map((given) => [given.name, given]));
  const entries = gramianUpdates().filter(({ variant }) => variant === undefined);

  it('have golden values, all of them', () => {
    expect(new Set(entries.map(({ method }) => method))).to.deep.equal(new Set(methods));
  });

  for (const { method, case: name, options, steps } of entries) {
    it(`${method} ${JSON.stringify(options)} of ${name}`, () => {
      const { gradients, losses, orders } = cases[name]!;
      const part = parts[method]!;
      const rule = part.rule(part.options.parse(options), gradients[0]!.length);
      steps.forEach(({ d }, step) => {
        const random = drawing(orders[step]!);
        const found = rule.weigh(gramianOf(gradients[step]!), { step, losses: losses[step]!, random });
        expect(found, `coefficients of step ${step}`).to.not.equal(null);
        const error = relativeError(combined(gradients[step]!, found!), d);
        expect(error, `relative error of step ${step}`).to.be.at.most(tolerance);
      });
    });
  }
});
