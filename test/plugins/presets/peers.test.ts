import { expect } from 'chai';
import { loadConfig } from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';

/** The architecture and the weighting of the paper's tables for Cityscapes and for NYUv2. */
const wanted: Readonly<Record<string, readonly [architecture: string, string, string]>> = {
  stan: ['stan', 'equal', 'equal'],
  dense: ['dense', 'uncertainty', 'dwa'],
  'cross-stitch': ['cross-stitch', 'uncertainty', 'dwa'],
  mtan: ['mtan', 'equal', 'dwa'],
  pcgrad: ['mtan', 'pcgrad', 'pcgrad'],
  kd4mtl: ['mtan', 'equal', 'equal'],
};

const nameOf = (spec: unknown): unknown =>
  typeof spec === 'string' ? spec : (spec as { name: unknown }).name;

describe('presets of the other systems', () => {
  for (const [preset, [architecture, ...weighters]] of Object.entries(wanted)) {
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
        expect(config.train).to.deep.include({ epochs: 200, batchSize: 2 });
        expect(config.train.schedule.name).to.equal(preset === 'pcgrad' ? 'constant' : 'step');
      }
    });
  }
});
