import { expect } from 'chai';
import type { Sample } from '../../../../core/index.js';
import { SampleCache } from '../../../../plugins/datasets/folders/cache.js';

function sample(id: string): Sample {
  const image = { height: 1, width: 2, channels: 3, data: new Uint8Array(6) };
  return {
    id,
    height: 1,
    width: 2,
    image,
    labels: { depth: { ...image, channels: 1, data: new Float32Array(2) } },
  };
}

describe('SampleCache', () => {
  it('keeps what fits and passes the rest by', () => {
    const cache = new SampleCache(2 * 14 + 13);
    const samples = ['a', 'b', 'c'].map(sample);
    for (const each of samples) cache.add(each);
    expect(samples.map(({ id }) => cache.get(id))).to.deep.equal([samples[0], samples[1], undefined]);
  });

  it('counts a sample once', () => {
    const cache = new SampleCache(2 * 14);
    const samples = ['a', 'a', 'b'].map(sample);
    for (const each of samples) cache.add(each);
    expect(cache.get('a')).to.equal(samples[0]);
    expect(cache.get('b')).to.equal(samples[2]);
  });
});
