import { expect } from 'chai';
import { onEngine, type Apart } from '../on-engine.js';
import { describeOnTorch, onTorch } from './built.js';

const program = './torch/vectors.js';

/** Of 13 geometries, four results of a dense image and three of a view, with vectors of three lengths. */
const results = 13 * 7 * 3;

async function expectErrors(apart: Apart, limit: number): Promise<void> {
  const errors = await onEngine<Record<string, number | null>>(apart, program, 'errorsByVectors');
  expect(Object.keys(errors)).to.have.lengthOf(results);
  for (const [name, error] of Object.entries(errors)) expect(error ?? Infinity, name).to.be.below(limit);
}

describeOnTorch('the torch engine’s convolutions, with vectors of each length', function () {
  this.timeout(240_000);

  it('and their gradients are sums of matrix products over the taps', async () => {
    await expectErrors(onTorch, 5e-6);
  });

  it('are so on several threads', async () => {
    await expectErrors({ ...onTorch, engine: { ...onTorch.engine, threads: 3 } }, 5e-6);
  });

  it('are so in bf16, but for its rounding', async () => {
    await expectErrors({ ...onTorch, engine: { ...onTorch.engine, precision: 'bf16' } }, 1e-2);
  });
});
