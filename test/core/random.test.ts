import { expect } from 'chai';
import fc from 'fast-check';
import { Random } from '../../core/index.js';

const draw = (random: Random, count: number): number[] =>
  Array.from({ length: count }, () => random.uint32());

const moments = (values: readonly number[]): { mean: number; variance: number } => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
};

/** xoshiro128** and its seeding once more, in whole numbers without a width, cut to 32 bits where the papers say so. */
function reference(text: string, count: number): number[] {
  const cut = (value: bigint): bigint => BigInt.asUintN(32, value);
  const rotate = (value: bigint, by: bigint): bigint => cut((value << by) | (value >> (32n - by)));
  let hash = [...text].reduce(
    (sum, char) => cut((sum ^ BigInt(char.codePointAt(0)!)) * 0x01000193n),
    0x811c9dc5n,
  );
  const state = Array.from({ length: 4 }, () => {
    hash = cut(hash + 0x9e3779b9n);
    const first = cut((hash ^ (hash >> 16n)) * 0x21f0aaadn);
    const second = cut((first ^ (first >> 15n)) * 0x735a2d97n);
    return second ^ (second >> 15n);
  }) as [bigint, bigint, bigint, bigint];
  return Array.from({ length: count }, () => {
    const result = cut(rotate(cut(state[1] * 5n), 7n) * 9n);
    const shifted = cut(state[1] << 9n);
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 11n);
    return Number(result);
  });
}

describe('Random', () => {
  it('gives the same numbers for the same seed and labels, and never changes', () => {
    // Any other numbers would make old checkpoints and published results impossible to repeat.
    expect(draw(new Random(0), 4)).to.deep.equal([1946957956, 3428980365, 786779859, 774431924]);
    expect(draw(new Random(7, 'augment', 3, 12), 4)).to.deep.equal([
      1577659781, 3208594456, 1542537128, 2452318085,
    ]);
    expect([...new Random(1, 'order').permutation(8)]).to.deep.equal([5, 7, 4, 0, 2, 1, 3, 6]);
  });

  it('is xoshiro128** seeded by FNV-1a and splitmix32', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.oneof(fc.string(), fc.nat())), (seed, labels) => {
        expect(draw(new Random(seed, ...labels), 20)).to.deep.equal(
          reference([seed, ...labels].join('\u0000'), 20),
        );
      }),
    );
  });

  it('derives streams that differ with the seed and with every label', () => {
    const streams = [
      new Random(0),
      new Random(1),
      new Random(-1),
      new Random(0, 'a'),
      new Random(0, 'b'),
      new Random(0, 'a', 0),
      new Random(0, 'a', 1),
      new Random(0, 'a', 0, 1),
      new Random(0, 'a', 1, 0),
      new Random(0, 'a', 10),
      new Random(0, 'a1', 0),
    ];
    expect(new Set(streams.map((stream) => draw(stream, 2).join())).size).to.equal(streams.length);
  });

  it('derives streams that are unrelated: the first numbers of neighbours are as random as one stream', () => {
    const firsts = Array.from({ length: 20_000 }, (_, index) => new Random(3, 'augment', index).uniform());
    const { mean, variance } = moments(firsts);
    expect(mean).to.be.closeTo(1 / 2, 0.01);
    expect(variance).to.be.closeTo(1 / 12, 0.005);
    const successive = firsts.slice(1).map((value, index) => (value - 0.5) * (firsts[index]! - 0.5));
    // The correlation of unrelated neighbours has a standard deviation of 1/√n = 0.007.
    expect(moments(successive).mean * 12).to.be.closeTo(0, 0.03);
  });

  it('is uniform in [0, 1): mean, variance and every twentieth of the range', () => {
    const random = new Random(11);
    const values = Array.from({ length: 100_000 }, () => random.uniform());
    expect(values.every((value) => value >= 0 && value < 1)).to.be.true;
    expect(moments(values).mean).to.be.closeTo(1 / 2, 0.004);
    expect(moments(values).variance).to.be.closeTo(1 / 12, 0.002);
    const counts = new Array<number>(20).fill(0);
    for (const value of values) counts[Math.floor(value * 20)]! += 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 5000) ** 2 / 5000, 0);
    expect(chiSquare).to.be.below(43.8); // 19 degrees of freedom, p = 0.001
  });

  it('scales uniform numbers to the range asked for', () => {
    const [unit, scaled] = [new Random(5), new Random(5)];
    for (let draws = 0; draws < 100; draws++)
      expect(scaled.uniform(-2, 6)).to.be.closeTo(-2 + 8 * unit.uniform(), 1e-12);
  });

  it('gives standard normal numbers: mean, variance, skewness, kurtosis and no relation of the pair', () => {
    const random = new Random(2);
    const values = Array.from({ length: 100_000 }, () => random.normal());
    expect(moments(values).mean).to.be.closeTo(0, 0.015);
    expect(moments(values).variance).to.be.closeTo(1, 0.02);
    expect(moments(values.map((value) => value ** 3)).mean).to.be.closeTo(0, 0.05);
    expect(moments(values.map((value) => value ** 4)).mean).to.be.closeTo(3, 0.15);
    const pairs = values.flatMap((value, index) => (index % 2 === 0 ? [value * values[index + 1]!] : []));
    expect(moments(pairs).mean).to.be.closeTo(0, 0.02);
  });

  it('picks every whole number and every item about as often', () => {
    const random = new Random(4);
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let draws = 0; draws < 70_000; draws++) counts[random.integer(7)]! += 1;
    for (const count of counts) expect(count).to.be.within(9_600, 10_400);
    const picks = Array.from({ length: 300 }, () => random.pick(['a', 'b', 'c']));
    expect(new Set(picks)).to.have.all.keys('a', 'b', 'c');
  });

  it('permutes: every index once, the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 300 }), (seed, length) => {
        const order = [...new Random(seed).permutation(length)];
        expect(order.toSorted((left, right) => left - right)).to.deep.equal(
          Array.from({ length }, (_, index) => index),
        );
        expect([...new Random(seed).permutation(length)]).to.deep.equal(order);
      }),
    );
  });

  it('permutes without favour: each of the 24 orders of four about as often', () => {
    const counts = new Map<string, number>();
    const random = new Random(8);
    for (let draws = 0; draws < 24_000; draws++) {
      const order = random.permutation(4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).to.equal(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).to.be.below(49.7); // 23 degrees of freedom, p = 0.001
  });
});
