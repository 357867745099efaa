import { expect } from 'chai';
import { hashed, readJson, readTensors } from './values.js';

interface HashedCase {
  readonly name: string;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly every997th: readonly number[];
}

describe('oracle values', () => {
  const { cases } = readJson('hashed.json') as { cases: readonly HashedCase[] };

  for (const { name, shape, scale, ...expected } of cases) {
    it(`gives the oracle's numbers for "${name}", to the bit`, () => {
      const found = Array.from(hashed(name, shape, scale));
      expect(found).to.have.lengthOf(shape.reduce((product, size) => product * size, 1));
      expect({
        first: found.slice(0, 4),
        last: found.slice(-4),
        every997th: found.filter((_, index) => index % 997 === 0),
      }).to.deep.equal(expected);
    });
  }

  it('reads float tensors, to the bit', () => {
    const { 'segmentation.prediction': prediction } = readTensors('losses.safetensors');
    expect(prediction?.shape).to.deep.equal([2, 5, 7, 4]);
    expect(prediction?.data).to.deep.equal(hashed('losses.segmentation.prediction', [2, 5, 7, 4], 3));
  });

  it('reads whole numbers as such', () => {
    const { 'segmentation.labels': labels } = readTensors('losses.safetensors');
    expect(labels?.data).to.be.instanceOf(Int32Array);
    expect(new Set(labels?.data)).to.deep.equal(new Set([0, 1, 2, 3]));
  });

  it('reads a scalar as a tensor without axes', () => {
    const { 'l1.empty.loss': loss } = readTensors('losses.safetensors');
    expect(loss).to.deep.equal({ shape: [], data: new Float32Array([0]) });
  });

  it('gives tensors only, not the metadata', () => {
    expect(readTensors('network-predictions.safetensors')).to.have.all.keys(
      'direct.segmentation',
      'direct.depth',
      'transferred.segmentation-depth',
      'transferred.depth-segmentation',
    );
  });
});
