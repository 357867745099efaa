import { expect } from 'chai';
import { loadConfig } from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';

interface Wanted {
  readonly architecture: string;
  /** As the paper's tables have it, for Cityscapes and for NYUv2. */
  readonly weighters: readonly [string, string];
  readonly batchSizes?: readonly [number, number];
  readonly schedule?: string;
}

const wanted: Readonly<Record<string, Wanted>> = {
  stan: { architecture: 'stan', weighters: ['equal', 'equal'] },
  dense: { architecture: 'dense', weighters: ['uncertainty', 'dwa'] },
  'cross-stitch': { architecture: 'cross-stitch', weighters: ['uncertainty', 'dwa'] },
  mtan: { architecture: 'mtan', weighters: ['equal', 'dwa'] },
  pcgrad: { architecture: 'mtan', weighters: ['pcgrad', 'pcgrad'], schedule: 'constant' },
  kd4mtl: { architecture: 'mtan', weighters: ['equal', 'equal'] },
  'adamt-net': {
    architecture: 'adamt',
    weighters: ['adamt', 'adamt'],
    batchSizes: [8, 4],
    schedule: 'constant',
  },
};

const nameOf = (spec: unknown): unknown =>
  typeof spec === 'string' ? spec : (spec as { name: unknown }).name;

describe('presets of the other systems', () => {
  for (const [preset, given] of Object.entries(wanted)) {
    const { architecture, weighters, batchSizes = [2, 2], schedule = 'step' } = given;
    it(`${preset}: network, weighting and protocol`, async () => {
      for (const [index, suffix] of ['', '-nyuv2'].entries()) {
        const { config } = await loadConfig({
          plugins: [builtin],
          config: {
            extends: `${preset}${suffix}`,
            ...(preset === 'kd4mtl' && { auxiliary: [{ name: 'kd4mtl', teachers: 'runs/teachers' }] }),
          },
        });
        const auxiliary = preset === 'kd4mtl' ? [{ name: 'kd4mtl', teachers: 'runs/teachers' }] : [];
        expect(config.auxiliary).to.deep.equal(auxiliary);
        expect(nameOf(config.architecture)).to.equal(architecture);
        expect(nameOf(config.backbone)).to.equal('segnet');
        expect(nameOf(config.weighter), `weighter of ${preset}${suffix}`).to.equal(weighters[index]);
        expect(config.train).to.deep.include({ epochs: 200, batchSize: batchSizes[index] });
        expect(config.train.optimizer).to.deep.equal({ name: 'adam', lr: 1e-4 });
        expect(config.train.schedule.name).to.equal(schedule);
      }
    });
  }
});
