/** What one engine computed beside what another one did. */
import { expect } from 'chai';
import { distance, normOf } from '../../oracles/compare.js';
import type { Gradients } from './gradients.js';
import type { NetworkPass } from './network.js';

/** Largest difference relative to the largest wanted value. */
function largestError(found: readonly number[], wanted: readonly number[]): number {
  const scale = Math.max(...wanted.map(Math.abs));
  const errors = wanted.map((value, index) => Math.abs(value - (found[index] ?? NaN)));
  return Math.max(...errors) / (scale > 0 ? scale : 1);
}

/** The value and the gradients of one operation. */
export function expectSameGradients(found: Gradients[string], wanted: Gradients[string]): void {
  expect(found.length).to.equal(wanted.length).and.to.be.above(1);
  wanted.forEach((numbers, index) => {
    const values = found[index] ?? [];
    expect(values.length).to.equal(numbers.length);
    expect(largestError(values, numbers), index === 0 ? 'value' : `gradient ${index}`).to.be.below(1e-5);
  });
}

export function expectSamePass(found: NetworkPass, wanted: NetworkPass): void {
  expect([found.left, wanted.left], 'tensors left').to.deep.equal([0, 0]);
  expect(Object.keys(found.losses)).to.have.members(Object.keys(wanted.losses));
  for (const [task, loss] of Object.entries(wanted.losses)) {
    expect(Math.abs((found.losses[task] ?? NaN) - loss) / loss, `L of ${task}`).to.be.below(1e-5);
  }
  expect(Object.keys(found.gradients)).to.have.members(Object.keys(wanted.gradients));
  const all = normOf(Object.values(wanted.gradients).map(normOf));
  for (const [name, gradient] of Object.entries(wanted.gradients)) {
    const error = distance(found.gradients[name] ?? [], gradient);
    // Relative to its own size; and to that of all of them for one that is next to nothing, like that of a bias before
    // batch norm, of which only rounding is left.
    expect(error, name).to.be.below(1e-4 * normOf(gradient) + 1e-6 * all);
  }
}
