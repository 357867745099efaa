import { expect } from 'chai';
import fc from 'fast-check';
import { MtlError, Registry, RunContainer, type Metric, type Raster } from '../../../core/index.js';
import { metrics } from '../../../plugins/metrics/index.js';
import { readJson } from '../../oracles/values.js';

type Numbers = readonly number[];

interface OracleSet {
  readonly images: readonly {
    readonly prediction: Numbers;
    readonly target: Numbers;
    readonly mask: Numbers;
  }[];
  readonly values: Readonly<Record<string, number>>;
}

/** Made by task_metrics.py with NumPy and SciPy. */
interface Oracle {
  readonly height: number;
  readonly width: number;
  readonly numberOfClasses: number;
  readonly directions: OracleSet;
  readonly edges: OracleSet;
  readonly pictures: OracleSet;
  readonly classes: OracleSet;
  readonly numbers: OracleSet;
}

interface Image {
  readonly prediction: Raster;
  readonly target: Raster;
  readonly mask: Uint8Array;
}

const oracle = readJson('task-metrics.json') as Oracle;
const registry = new Registry([{ name: 'built-in', metrics }]);

/** `edgeF.r` is `edgeF` with a tolerance of r. */
function make(name: string): Metric {
  const [part, tolerance] = name.split('.');
  const options = {
    ...(part === 'meanAccuracy' ? { classes: oracle.numberOfClasses } : {}),
    ...(tolerance === undefined ? {} : { tolerance: Number(tolerance) }),
  };
  return registry.create('metric', { name: part!, ...options }, new RunContainer());
}

function valueOf(metric: Metric, images: readonly Image[]): number {
  metric.reset();
  for (const { prediction, target, mask } of images) metric.update(prediction, target, mask);
  return metric.compute();
}

function image(
  prediction: Numbers,
  target: Numbers,
  { mask, width = target.length, channels = 1 }: { mask?: Numbers; width?: number; channels?: number } = {},
): Image {
  const pixels = target.length / channels;
  const raster = (data: Numbers): Raster => ({
    height: pixels / Math.min(width, pixels),
    width: Math.min(width, pixels),
    channels,
    data: Float32Array.from(data),
  });
  return {
    prediction: raster(prediction),
    target: raster(target),
    mask: Uint8Array.from(mask ?? new Array<number>(pixels).fill(1)),
  };
}

function oracleImages({ images }: OracleSet): Image[] {
  return images.map(({ prediction, target, mask }) =>
    image(prediction, target, { mask, width: oracle.width, channels: target.length / mask.length }),
  );
}

/** Angles are counted in bins. */
const tolerances: Readonly<Record<string, number>> = { angleMedian: 0.005, angleMean: 1e-5 };
const sets = ['directions', 'edges', 'pictures', 'classes', 'numbers'] as const;

describe('metrics of the further tasks', () => {
  for (const set of sets) {
    const images = oracleImages(oracle[set]);
    for (const [name, expected] of Object.entries(oracle[set].values)) {
      const metric = make(name);

      it(`${name} is what NumPy gives`, () => {
        expect(valueOf(metric, images)).to.be.closeTo(expected, tolerances[name] ?? 1e-7);
      });

      it(`${name} bears its name, and is best for a perfect prediction`, () => {
        expect(metric.name).to.equal(name.split('.')[0]);
        const best = metric.higherIsBetter ? (name === 'psnr' ? 100 : 1) : 0;
        const perfect = images.map((each) => ({ ...each, prediction: each.target }));
        expect(valueOf(metric, perfect)).to.equal(best);
        const found = valueOf(metric, images);
        expect(metric.higherIsBetter ? best - found : found - best).to.be.above(0);
      });

      it(`${name} does not depend on the order of the images, nor on pixels without a label`, () => {
        const expected = valueOf(metric, images);
        fc.assert(
          fc.property(fc.shuffledSubarray(images, { minLength: images.length }), (shuffled) => {
            expect(valueOf(metric, shuffled)).to.be.closeTo(expected, 1e-9);
          }),
          { numRuns: 5 },
        );
        const hidden = images.map(({ prediction, target, mask }) => {
          const where = (data: Raster['data'], value: number): Float32Array =>
            Float32Array.from(data, (each, at) => (mask[Math.floor(at / target.channels)] ? each : value));
          return {
            prediction: { ...prediction, data: where(prediction.data, NaN) },
            target: { ...target, data: where(target.data, 1) },
            mask,
          };
        });
        expect(valueOf(metric, hidden)).to.equal(expected);
      });

      it(`${name} refuses to be computed from nothing, and rasters that do not fit together`, () => {
        const [first] = images as [Image];
        valueOf(metric, images);
        metric.reset();
        metric.update(first.prediction, first.target, new Uint8Array(first.mask.length));
        expect(() => metric.compute())
          .to.throw(MtlError, /: expected at least (one|two) labelled .*, found none/)
          .with.property('code', 'METRIC_EMPTY');
        expect(() => metric.update({ ...first.prediction, width: 1 }, first.target, first.mask))
          .to.throw(MtlError)
          .with.property('code', 'SHAPE_MISMATCH');
      });
    }
  }
});

describe('angles', () => {
  const vectors = (...data: Numbers): { channels: number } & { data: Numbers } => ({ channels: 3, data });
  const of = (name: string, prediction: Numbers, target: Numbers): number =>
    valueOf(make(name), [image(prediction, target, vectors())]);

  it('are right by hand, whatever the lengths', () => {
    const prediction = [2, 0, 0, 0, 3, 0, -1, 0, 0, 1, 1, 0];
    const target = [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0];
    expect(of('angleMean', prediction, target)).to.be.closeTo((0 + 90 + 180 + 45) / 4, 1e-12);
    expect(of('angleMedian', prediction, target)).to.be.closeTo((45 + 90) / 2, 1e-12);
    expect(of('within30', prediction, target)).to.equal(0.25);
  });

  it('count a prediction without a direction as 90° off', () => {
    expect(of('angleMean', [0, 0, 0], [0, 0, 1])).to.equal(90);
  });

  it('do not change where both sides are turned alike', () => {
    const images = oracleImages(oracle.directions);
    const angle = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(angle, angle, (a, b) => {
        const turned = (raster: Raster): Raster => {
          const data = new Float32Array(raster.data);
          for (let at = 0; at < data.length; at += 3) {
            const [x, y, z] = [data[at]!, data[at + 1]!, data[at + 2]!];
            const u = Math.cos(a) * x - Math.sin(a) * y;
            const v = Math.sin(a) * x + Math.cos(a) * y;
            data.set([u, Math.cos(b) * v - Math.sin(b) * z, Math.sin(b) * v + Math.cos(b) * z], at);
          }
          return { ...raster, data };
        };
        const moved = images.map(({ prediction, target, mask }) => ({
          prediction: turned(prediction),
          target: turned(target),
          mask,
        }));
        expect(valueOf(make('angleMean'), moved)).to.be.closeTo(valueOf(make('angleMean'), images), 1e-4);
        expect(valueOf(make('angleMedian'), moved)).to.be.closeTo(
          valueOf(make('angleMedian'), images),
          0.0051,
        );
      }),
      { numRuns: 20 },
    );
  });

  it('have a median within 0.005° of the sorted one, for any number of pixels', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 180, noNaN: true }), { minLength: 1, maxLength: 40 }),
        (angles) => {
          const prediction = angles.flatMap((angle) => {
            const radians = (angle * Math.PI) / 180;
            return [Math.cos(radians), Math.sin(radians), 0];
          });
          const target = angles.flatMap(() => [1, 0, 0]);
          const sorted = angles.toSorted((a, b) => a - b);
          const middle = (sorted[(angles.length - 1) >> 1]! + sorted[angles.length >> 1]!) / 2;
          expect(of('angleMedian', prediction, target)).to.be.closeTo(middle, 0.0051);
        },
      ),
    );
  });

  it('need three channels', () => {
    expect(() => valueOf(make('angleMean'), [image([1, 2], [1, 2])]))
      .to.throw(
        MtlError,
        'the target for angleMean: expected a vector of 3 numbers per pixel, found 1 channels',
      )
      .with.property('code', 'SHAPE_MISMATCH');
  });
});

describe('edges', () => {
  it('F is right by hand: one edge beside its place, one false', () => {
    // Row of 8: labelled edges at 1 and 4, predicted at 2 (probability 0.9), 4 (0.6) and 7 (0.7).
    const row = [image([0, 0, 0.9, 0, 0.6, 0, 0, 0.7], [0, 1, 0, 0, 1, 0, 0, 0])];
    // With a tolerance: at 0.6 P = 2/3 and R = 1; at 0.9 P = 1 and R = 1/2.
    expect(valueOf(make('edgeF'), row)).to.be.closeTo(0.8, 1e-12);
    // Without: at 0.6 P = 1/3 and R = 1/2.
    expect(valueOf(make('edgeF.0'), row)).to.be.closeTo(0.4, 1e-12);
  });

  it('F takes one threshold for the whole set', () => {
    const low = image([0.3, 0.2, 0.2, 0.2], [1, 0, 0, 0]);
    const high = image([0.9, 0.8, 0.8, 0.8], [1, 0, 0, 0]);
    expect(valueOf(make('edgeF.0'), [low])).to.equal(1);
    expect(valueOf(make('edgeF.0'), [high])).to.equal(1);
    expect(valueOf(make('edgeF.0'), [low, high])).to.be.closeTo(2 / 3, 1e-12);
  });

  it('F is no worse with more tolerance', () => {
    const values = [0, 1, 2].map((r) => valueOf(make(`edgeF.${r}`), oracleImages(oracle.edges)));
    expect(values).to.deep.equal(values.toSorted((a, b) => a - b));
  });

  it('tells probabilities on either side of a threshold apart, to the last digit', () => {
    for (let k = 1; k < 100; k++) {
      // An edge at the threshold, as far as float32 has it, and none a little below.
      const reached = Math.fround(k / 100) >= k / 100;
      const expected = reached ? 1 : k === 1 ? 0 : 2 / 3;
      const found = valueOf(make('edgeF.0'), [image([k / 100, k / 100 - 1e-6], [1, 0])]);
      expect(found, String(k)).to.be.closeTo(expected, 1e-12);
    }
  });

  it('average precision is the share of ones where all scores are the same', () => {
    expect(valueOf(make('averagePrecision'), [image([0.4, 0.4, 0.4, 0.4], [1, 0, 0, 0])])).to.equal(0.25);
  });
});

describe('one value per image', () => {
  it('accuracy and its mean over classes, by hand', () => {
    const images = [
      ...[0, 0, 0].map((target) => image([0], [target])),
      image([0], [1]),
      image([2], [2]),
      image([1], [1], { mask: [0] }),
    ];
    expect(valueOf(make('accuracy'), images)).to.equal(4 / 5);
    expect(valueOf(make('meanAccuracy'), images)).to.be.closeTo((1 + 0 + 1) / 3, 1e-12);
  });

  it('R² is 0 for the mean, and keeps its digits far from 0', () => {
    const targets = [1e6, 1e6 + 1, 1e6 + 2];
    const of = (prediction: Numbers): number =>
      valueOf(
        make('r2'),
        targets.map((target, at) => image([prediction[at]!], [target])),
      );
    expect(of([1e6 + 1, 1e6 + 1, 1e6 + 1])).to.equal(0);
    expect(of([1e6, 1e6 + 1, 1e6 + 1])).to.be.closeTo(0.5, 1e-12);
    expect(of([1e6 + 2, 1e6 + 1, 1e6])).to.equal(-3);
  });

  it('R² refuses targets that are all the same', () => {
    expect(() => valueOf(make('r2'), [image([1], [2]), image([3], [2])]))
      .to.throw(MtlError, 'r2: expected at least two labelled values that differ, found none')
      .with.property('code', 'METRIC_EMPTY');
  });

  it('PSNR by hand: an error of a tenth of the peak is 20 dB', () => {
    expect(valueOf(make('psnr'), [image([0.6, 0.4], [0.5, 0.5])])).to.be.closeTo(20, 1e-5);
  });
});
