import { expect } from 'chai';
import fc from 'fast-check';
import { augment, Random, type Sample } from '../../../core/index.js';
import { coordinateSample, labelInfos } from './samples.js';

const sizes = fc.record({ height: fc.integer({ min: 1, max: 40 }), width: fc.integer({ min: 1, max: 40 }) });
const seeds = fc.nat();

function vary(sample: Sample, seed: number, options: { flip?: number; scales?: number[] }): Sample {
  return augment(sample, labelInfos, new Random(seed), options);
}

function labelData(sample: Sample, name: string): number[] {
  const label = sample.labels[name];
  expect(label).to.include({ height: sample.height, width: sample.width });
  return Array.from(label!.data);
}

describe('augment', () => {
  it('gives a sample back after two flips', () => {
    fc.assert(
      fc.property(sizes, seeds, ({ height, width }, seed) => {
        const sample = coordinateSample(height, width);
        const once = vary(sample, seed, { flip: 1, scales: [1] });
        expect(vary(once, seed, { flip: 1, scales: [1] })).to.deep.equal(sample);
        if (width > 1) expect(once.image.data).to.not.deep.equal(sample.image.data);
      }),
    );
  });

  it('flips columns, and negates only the x part of directions', () => {
    const sample = coordinateSample(2, 3);
    const flipped = vary(sample, 0, { flip: 1, scales: [1] });
    expect(labelData(flipped, 'segmentation')).to.deep.equal([2, 1, 0, 5, 4, 3]);
    expect(labelData(flipped, 'normals').slice(0, 9)).to.deep.equal([-3, 0, 1, -2, 0, 1, -1, 0, 1]);
    expect([...flipped.image.data].slice(0, 9)).to.deep.equal([0, 2, 2, 0, 1, 1, 0, 0, 0]);
  });

  it('keeps an absent direction free of a sign', () => {
    const sample = coordinateSample(1, 1);
    sample.labels.normals!.data.fill(0);
    const flipped = vary(sample, 0, { flip: 1, scales: [1] });
    expect(Object.is(labelData(flipped, 'normals')[0], 0)).to.equal(true);
  });

  it('keeps image and labels aligned, at any odd size, crop and flip', () => {
    fc.assert(
      fc.property(sizes, seeds, fc.constantFrom(0, 1), ({ height, width }, seed, flip) => {
        const sample = coordinateSample(height, width);
        const varied = vary(sample, seed, { flip, scales: [1, 1.2, 1.5, 3] });
        const [segmentation, disparity] = [labelData(varied, 'segmentation'), labelData(varied, 'disparity')];
        const normals = labelData(varied, 'normals');
        for (let at = 0; at < height * width; at++) {
          const [y, x] = [Math.floor(segmentation[at]! / width), segmentation[at]! % width];
          // The nearest pixel is at most half a pixel from the interpolated place; rounding adds another half.
          expect(Math.abs(varied.image.data[at * 3]! - y)).to.be.at.most(1);
          expect(Math.abs(varied.image.data[at * 3 + 1]! - x)).to.be.at.most(1);
          expect(disparity[at]).to.equal(1 + segmentation[at]!);
          expect(normals[at * 3]).to.equal((x + 1) * (flip ? -1 : 1));
          expect(normals[at * 3 + 1]).to.equal(y);
          expect(normals[at * 3 + 2]).to.equal(1);
        }
      }),
    );
  });

  it('takes ⌊H/s⌋ × ⌊W/s⌋ pixels that lie together', () => {
    fc.assert(
      fc.property(sizes, seeds, ({ height, width }, seed) => {
        const places = labelData(
          vary(coordinateSample(height, width), seed, { scales: [1.5] }),
          'segmentation',
        );
        const rows = [...new Set(places.map((place) => Math.floor(place / width)))];
        const columns = [...new Set(places.map((place) => place % width))];
        expect(rows.length).to.equal(Math.max(1, Math.floor(height / 1.5)));
        expect(columns.length).to.equal(Math.max(1, Math.floor(width / 1.5)));
        expect(Math.max(...rows) - Math.min(...rows)).to.equal(rows.length - 1);
        expect(Math.max(...columns) - Math.min(...columns)).to.equal(columns.length - 1);
      }),
    );
  });

  it('reaches every corner', () => {
    const corners = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      corners.add(
        labelData(vary(coordinateSample(4, 4), seed, { flip: 0, scales: [4 / 3] }), 'segmentation')[0]!,
      );
    }
    expect([...corners].sort((a, b) => a - b)).to.deep.equal([0, 1, 4, 5]);
  });

  it('divides distances by s, and only those; 0 stays 0', () => {
    fc.assert(
      fc.property(sizes, seeds, fc.constantFrom(1.2, 1.5, 2), ({ height, width }, seed, scale) => {
        const sample = coordinateSample(height, width);
        sample.labels.depth!.data[0] = 0;
        const varied = vary(sample, seed, { scales: [scale] });
        const [depth, segmentation] = [labelData(varied, 'depth'), labelData(varied, 'segmentation')];
        const expected = Float32Array.from(segmentation, (place) => (place === 0 ? 0 : (1 + place) / scale));
        expect(depth).to.deep.equal([...expected]);
      }),
    );
  });

  it('never changes what it is given', () => {
    const sample = coordinateSample(5, 7);
    for (let seed = 0; seed < 20; seed++) vary(sample, seed, {});
    expect(sample).to.deep.equal(coordinateSample(5, 7));
  });

  it('gives the sample itself where nothing changes', () => {
    const sample = coordinateSample(5, 7);
    expect(vary(sample, 0, { flip: 0, scales: [1] })).to.equal(sample);
  });

  it('draws the same numbers whatever the labels and the outcome', () => {
    const bare: Sample = { ...coordinateSample(5, 7), labels: {} };
    const after = [
      [coordinateSample(5, 7), { flip: 1, scales: [1.5] }] as const,
      [bare, { flip: 0, scales: [1, 2] }] as const,
      [bare, {}] as const,
    ].map(([sample, options]) => {
      const random = new Random(3);
      augment(sample, labelInfos, random, options);
      return random.uint32();
    });
    expect(new Set(after).size).to.equal(1);
    expect(vary(bare, 11, {}).image).to.deep.equal(vary(coordinateSample(5, 7), 11, {}).image);
  });

  it('by default flips half of the samples and uses the scales 1, 1.2 and 1.5 alike', () => {
    const counts = { flipped: 0, widths: new Map<number, number>() };
    const trials = 3000;
    for (let seed = 0; seed < trials; seed++) {
      const row = labelData(augment(coordinateSample(1, 30), labelInfos, new Random(seed)), 'segmentation');
      if (row[0]! > row[29]!) counts.flipped++;
      const taken = new Set(row).size;
      counts.widths.set(taken, (counts.widths.get(taken) ?? 0) + 1);
    }
    expect([...counts.widths.keys()].sort((a, b) => a - b)).to.deep.equal([20, 25, 30]);
    // Five standard deviations.
    expect(counts.flipped).to.be.closeTo(trials / 2, 5 * Math.sqrt(trials / 4));
    for (const count of counts.widths.values()) {
      expect(count).to.be.closeTo(trials / 3, 5 * Math.sqrt((trials * 2) / 9));
    }
  });

  it('passes absent labels on, and refuses undescribed and misfitting ones', () => {
    const sample = coordinateSample(5, 7);
    const partial: Sample = { ...sample, labels: { depth: undefined } };
    expect(vary(partial, 0, { flip: 1, scales: [2] }).labels).to.deep.equal({ depth: undefined });
    const strange: Sample = { ...sample, labels: { edges: sample.labels.depth } };
    expect(() => vary(strange, 0, { flip: 1 })).to.throw(
      /labels of sample sample: .*segmentation.*found "edges"/,
    );
    const small: Sample = { ...sample, labels: { depth: coordinateSample(5, 6).labels.depth } };
    expect(() => vary(small, 0, { flip: 1 })).to.throw(/label depth of sample sample: .*5×7, found 5×6/);
  });

  it('refuses scales that would look beyond the image', () => {
    expect(() => vary(coordinateSample(5, 7), 0, { scales: [1, 0.5] })).to.throw(
      /augment\.scales: .*\[1,0\.5\]/,
    );
    expect(() => vary(coordinateSample(5, 7), 0, { scales: [] })).to.throw(/augment\.scales/);
  });
});
