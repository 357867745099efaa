import { expect } from 'chai';
import fc from 'fast-check';
import { MtlError, Registry, RunContainer, type Metric, type Raster } from '../../../core/index.js';
import { metrics } from '../../../plugins/metrics/index.js';
import { readJson } from '../../oracles/values.js';

interface OracleImage {
  readonly prediction: readonly number[];
  readonly target: readonly number[];
  readonly mask: readonly number[];
}

interface OracleSet {
  readonly images: readonly OracleImage[];
  readonly values: Readonly<Record<string, number>>;
}

/** Made by metrics.py with NumPy and SciPy. */
interface Oracle {
  readonly height: number;
  readonly width: number;
  readonly floor: number;
  readonly numberOfClasses: number;
  readonly classes: OracleSet;
  readonly depth: OracleSet;
}

interface Image {
  readonly prediction: Raster;
  readonly target: Raster;
  readonly mask: Uint8Array;
}

const oracle = readJson('metrics.json') as Oracle;
const registry = new Registry([{ name: 'built-in', metrics }]);
const ofClasses = ['miou', 'miou.perImage', 'pixelAccuracy'];
/** Tested in files of their own. */
const others = [
  ...['angleMean', 'angleMedian', 'within11', 'within22', 'within30'],
  ...['edgeF', 'averagePrecision', 'psnr', 'accuracy', 'meanAccuracy', 'r2'],
];
const ofDepth = ['absolute', 'relative', 'rmse', 'rmseLog', 'irmse', 'delta1', 'delta2', 'delta3'];

function make(name: string): Metric {
  const options = {
    ...(name.startsWith('miou') ? { classes: oracle.numberOfClasses } : {}),
    ...(['rmseLog', 'irmse'].includes(name) ? { floor: oracle.floor } : {}),
  };
  return registry.create('metric', { name, ...options }, new RunContainer());
}

/** One image of one row, a number per pixel. */
const row = (prediction: readonly number[], target: readonly number[], mask?: readonly number[]): Image => {
  const raster = (data: readonly number[]): Raster => ({
    height: 1,
    width: data.length,
    channels: 1,
    data: Float32Array.from(data),
  });
  return {
    prediction: raster(prediction),
    target: raster(target),
    mask: Uint8Array.from(mask ?? prediction.map(() => 1)),
  };
};

function valueOf(metric: Metric, images: readonly Image[]): number {
  metric.reset();
  for (const { prediction, target, mask } of images) metric.update(prediction, target, mask);
  return metric.compute();
}

const oracleImages = ({ images }: OracleSet): Image[] =>
  images.map(({ prediction, target, mask }) => {
    const { prediction: p, target: t, mask: m } = row(prediction, target, mask);
    const size = { height: oracle.height, width: oracle.width };
    return { prediction: { ...p, ...size }, target: { ...t, ...size }, mask: m };
  });

/** Images of up to 12 pixels with at least one label each. */
const imagesOf = (value: fc.Arbitrary<number>): fc.Arbitrary<Image[]> => {
  const pixel = fc.record({ prediction: value, target: value, mask: fc.constantFrom(0, 1) });
  const image = fc.array(pixel, { minLength: 1, maxLength: 12 }).map((pixels) =>
    row(
      pixels.map(({ prediction }) => prediction),
      pixels.map(({ target }) => target),
      pixels.map(({ mask }, index) => (index === 0 ? 1 : mask)),
    ),
  );
  return fc.array(image, { minLength: 1, maxLength: 5 });
};
const classImages = imagesOf(fc.integer({ min: 0, max: oracle.numberOfClasses - 1 }));
const depthImages = imagesOf(fc.integer({ min: 1, max: 80 }).map((tenths) => tenths / 10));
const kinds = [
  ...ofClasses.map((name) => [name, classImages] as const),
  ...ofDepth.map((name) => [name, depthImages] as const),
];

describe('metrics', () => {
  it('are all tested', () => {
    expect(registry.names('metric')).to.have.members([...ofClasses, ...ofDepth, ...others]);
  });

  for (const set of ['classes', 'depth'] as const) {
    for (const [name, expected] of Object.entries(oracle[set].values)) {
      it(`${name} is what NumPy gives`, () => {
        expect(valueOf(make(name), oracleImages(oracle[set]))).to.be.closeTo(
          expected,
          1e-9 * Math.max(1, expected),
        );
      });
    }
  }

  for (const [name, images] of kinds) {
    describe(name, () => {
      const metric = make(name);

      it('bears its own name', () => {
        expect(metric.name).to.equal(name);
      });

      it('is best for a perfect prediction, and no better for any other', () => {
        const best = metric.higherIsBetter ? 1 : 0;
        fc.assert(
          fc.property(images, (some) => {
            expect(
              valueOf(
                metric,
                some.map((image) => ({ ...image, prediction: image.target })),
              ),
            ).to.equal(best);
            const found = valueOf(metric, some);
            expect(metric.higherIsBetter ? best - found : found - best).to.be.at.least(0);
          }),
        );
      });

      it('does not depend on the order of the images, nor on pixels without a label', () => {
        fc.assert(
          fc.property(images, (some) => {
            const expected = valueOf(metric, some);
            expect(valueOf(metric, some.toReversed())).to.be.closeTo(expected, 1e-9 * (1 + expected));
            const hidden = some.map(({ prediction, target, mask }) => ({
              prediction: {
                ...prediction,
                data: Float32Array.from(prediction.data, (v, i) => (mask[i] ? v : NaN)),
              },
              target: { ...target, data: Float32Array.from(target.data, (v, i) => (mask[i] ? v : -1)) },
              mask,
            }));
            expect(valueOf(metric, hidden)).to.equal(expected);
          }),
        );
      });

      if (name !== 'miou.perImage') {
        it('counts every pixel the same, whatever image it is in', () => {
          fc.assert(
            fc.property(images, (some) => {
              const all = row(
                some.flatMap(({ prediction }) => [...prediction.data]),
                some.flatMap(({ target }) => [...target.data]),
                some.flatMap(({ mask }) => [...mask]),
              );
              const expected = valueOf(metric, [all]);
              expect(valueOf(metric, some)).to.be.closeTo(expected, 1e-9 * (1 + expected));
            }),
          );
        });
      }

      it('forgets at a reset, and refuses to be computed from nothing', () => {
        valueOf(metric, [row([1, 2], [2, 2])]);
        metric.reset();
        metric.update(...unlabelled());
        expect(() => metric.compute())
          .to.throw(MtlError, `${name}: expected at least one labelled pixel, found none`)
          .with.property('code', 'METRIC_EMPTY');
      });

      it('refuses rasters that do not fit together', () => {
        const { prediction, target, mask } = row([1, 2], [2, 2]);
        const other = row([1], [1]);
        expect(() => metric.update(other.prediction, target, mask))
          .to.throw(
            MtlError,
            `the prediction for ${name}: expected the target's height, width and channels [1,2,1]`,
          )
          .with.property('code', 'SHAPE_MISMATCH');
        expect(() => metric.update(prediction, target, other.mask))
          .to.throw(MtlError, `the mask for ${name}: expected a number per pixel, 2, found 1`)
          .with.property('code', 'SHAPE_MISMATCH');
      });
    });
  }

  const unlabelled = (): [Raster, Raster, Uint8Array] => {
    const { prediction, target, mask } = row([1, 2], [1, 2], [0, 0]);
    return [prediction, target, mask];
  };
});

describe('mean IoU', () => {
  // First image: class 0 is 2 of 3 right, class 1 is 1 of 2. Second image: class 2 alone, all right.
  const images = [row([0, 0, 1, 1], [0, 0, 0, 1]), row([2, 2, 2, 2], [2, 2, 2, 2])];

  it('differs by hand between the whole set and each image', () => {
    expect(valueOf(make('miou'), images)).to.be.closeTo((2 / 3 + 1 / 2 + 1) / 3, 1e-12);
    expect(valueOf(make('miou.perImage'), images)).to.be.closeTo(((2 / 3 + 1 / 2) / 2 + 1) / 2, 1e-12);
  });

  it('leaves out classes that are nowhere, and counts a class that is predicted alone as 0', () => {
    expect(valueOf(make('miou'), [row([4], [4])])).to.equal(1);
    expect(valueOf(make('miou'), [row([4, 3], [4, 4])])).to.equal((1 / 2 + 0) / 2);
  });

  it('takes no account of images without labels', () => {
    const withEmpty = [...images, row([0, 1], [0, 0], [0, 0])];
    for (const name of ['miou', 'miou.perImage']) {
      expect(valueOf(make(name), withEmpty)).to.equal(valueOf(make(name), images));
    }
  });

  for (const [where, image] of [
    ['target', row([0], [5])],
    ['prediction', row([5], [0])],
    ['prediction', row([-1], [0])],
    ['prediction', row([0.5], [0])],
    ['prediction', row([NaN], [0])],
  ] as const) {
    it(`refuses a ${where} that is no class (${String(image[where].data[0])})`, () => {
      expect(() => valueOf(make('miou'), [image]))
        .to.throw(MtlError, `a labelled pixel of the ${where} for miou: expected a class id from 0 to 4`)
        .with.property('code', 'DATA_INVALID');
    });
  }

  it('refuses more than one channel', () => {
    const { prediction, target } = row([0, 1], [0, 1]);
    const twoChannels = { width: 1, channels: 2 };
    expect(() =>
      make('miou').update({ ...prediction, ...twoChannels }, { ...target, ...twoChannels }, Uint8Array.of(1)),
    )
      .to.throw(MtlError, 'expected one class id per pixel, found 2 channels')
      .with.property('code', 'SHAPE_MISMATCH');
  });

  it('needs the number of classes', () => {
    expect(() => registry.create('metric', 'miou', new RunContainer()))
      .to.throw(MtlError, 'metric.classes: expected a whole number above 0, found nothing')
      .with.property('code', 'CONFIG_INVALID');
  });
});

describe('errors and ratios', () => {
  it('are means over labelled values, by hand', () => {
    const image = row([3, 1, 9], [1, 2, 0], [1, 1, 0]);
    expect(valueOf(make('absolute'), [image])).to.equal(1.5);
    expect(valueOf(make('relative'), [image])).to.equal((2 + 0.5) / 2);
    expect(valueOf(make('rmse'), [image])).to.equal(Math.sqrt((4 + 1) / 2));
    expect(valueOf(make('rmseLog'), [image])).to.be.closeTo(
      Math.sqrt((Math.log(3) ** 2 + Math.log(2) ** 2) / 2),
      1e-12,
    );
    expect(valueOf(make('irmse'), [image])).to.be.closeTo(Math.sqrt(((2 / 3) ** 2 + 0.5 ** 2) / 2), 1e-7);
  });

  it('count every channel of a labelled pixel', () => {
    const raster = (...data: number[]): Raster => ({
      height: 1,
      width: 2,
      channels: 2,
      data: Float32Array.from(data),
    });
    const metric = make('absolute');
    metric.update(raster(9, 9, 1, 2), raster(0, 0, 1, 5), Uint8Array.of(0, 1));
    expect(metric.compute()).to.equal(1.5);
  });

  it('put the limits of delta outside, and a prediction that is not above 0 too', () => {
    const image = row([1, 1.24, 0.81, 5, 4, 0, -1, 1.5], [1, 1, 1, 4, 5, 1, 1, 1]);
    expect(valueOf(make('delta1'), [image])).to.equal(3 / 8);
    expect(valueOf(make('delta2'), [image])).to.equal(6 / 8);
    expect(valueOf(make('delta3'), [image])).to.equal(6 / 8);
  });

  it('stay finite for predictions that are not above 0', () => {
    const image = row([0, -3], [1, 1]);
    expect(valueOf(make('rmseLog'), [image])).to.be.closeTo(-Math.log(oracle.floor), 1e-12);
    expect(valueOf(make('irmse'), [image])).to.be.closeTo(1 / oracle.floor - 1, 1e-12);
  });
});
