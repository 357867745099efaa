import { expect } from 'chai';
import { Random, Registry, RunContainer, type Metric, type Raster } from '../../../core/index.js';
import { metrics } from '../../../plugins/metrics/index.js';

const registry = new Registry([{ name: 'built-in', metrics }]);
const classes = 3;
const size = { height: 4, width: 5 };

/** What a metric is of: class ids, vectors, probabilities of labels of 0 and 1, or positive numbers. */
function kindOf(name: string): 'classes' | 'vectors' | 'edges' | 'numbers' {
  if (['miou', 'miou.perImage', 'pixelAccuracy', 'accuracy', 'meanAccuracy'].includes(name)) return 'classes';
  if (['edgeF', 'averagePrecision'].includes(name)) return 'edges';
  return /^angle|^within/.test(name) ? 'vectors' : 'numbers';
}

function make(name: string): Metric {
  const options = /^(miou|meanAccuracy)/.test(name) ? { classes } : {};
  return registry.create('metric', { name, ...options }, new RunContainer());
}

function raster(random: Random, kind: ReturnType<typeof kindOf>, isTarget: boolean): Raster {
  const channels = kind === 'vectors' ? 3 : 1;
  const data = Float32Array.from({ length: size.height * size.width * channels }, () =>
    kind === 'classes' ? random.integer(classes) : random.uniform(0.01, 1),
  );
  return { ...size, channels, data: isTarget && kind === 'edges' ? data.map(Math.round) : data };
}

describe('merging metrics', () => {
  for (const name of registry.names('metric')) {
    it(`${name}: parts that are merged are the whole`, () => {
      const kind = kindOf(name);
      const random = new Random(4, name);
      const images = Array.from({ length: 7 }, () => ({
        prediction: raster(random, kind, false),
        target: raster(random, kind, true),
        mask: Uint8Array.from({ length: size.height * size.width }, () => random.integer(2)),
      }));
      const measured = (from: number, to: number): Metric => {
        const metric = make(name);
        for (const { prediction, target, mask } of images.slice(from, to))
          metric.update(prediction, target, mask);
        return metric;
      };
      const whole = measured(0, 7);
      const merged = make(name);
      for (const [from, to] of [
        [0, 3],
        [3, 3],
        [3, 7],
      ] as const)
        merged.merge!(measured(from, to).taken!);
      expect(merged.compute()).to.be.closeTo(whole.compute(), 1e-12 * Math.max(1, Math.abs(whole.compute())));
      expect(merged.taken!.length).to.equal(whole.taken!.length);
    });
  }
});
