import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  DataLoading,
  definePlugin,
  loadConfig,
  MtlError,
  openData,
  type Fragment,
  type HostBatch,
  type LoadedConfig,
  type Plugin,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { repositoryRoot } from '../../repository.js';
import { tiny } from './tiny.js';

const batching = { batchSize: 3, shuffle: { seed: 4, epoch: 1 }, augment: {} };

/** The batches of an epoch, from a batch on. */
async function epoch(loaded: LoadedConfig, startBatch = 0): Promise<HostBatch[]> {
  const loading = new DataLoading(loaded, openData(loaded));
  try {
    const batches: HostBatch[] = [];
    for await (const batch of (await loading.open('train')).batches({ ...batching, startBatch }))
      batches.push(batch);
    return batches;
  } finally {
    loading.dispose();
  }
}

function load(
  changes: Fragment,
  overrides: string[] = [],
  plugins: Plugin[] = [builtin],
): Promise<LoadedConfig> {
  return loadConfig({ plugins, config: { ...tiny, ...changes }, overrides, folder: repositoryRoot() });
}

async function failure(loaded: LoadedConfig): Promise<MtlError> {
  const found: unknown = await epoch(loaded).catch((error: unknown) => error);
  expect(found).to.be.instanceOf(MtlError);
  return found as MtlError;
}

describe('threads that load data', () => {
  it('give the same batches, however many they are, from the start and from the middle', async () => {
    const of = (workers: number): Promise<LoadedConfig> =>
      load({}, ['dataset.train=11', `loader.workers=${workers}`, 'loader.prefetch=3']);
    const alone = await epoch(await of(0));
    expect(alone.map(({ size }) => size)).to.deep.equal([3, 3, 3, 2]);
    for (const workers of [1, 2, 3]) {
      const loaded = await of(workers);
      expect(await epoch(loaded)).to.deep.equal(alone);
      expect(await epoch(loaded, 2)).to.deep.equal(alone.slice(2));
    }
  });

  it('know the plugins that a config names', async () => {
    const plugin = { plugins: ['./examples/plugins/obstacles.ts'], tasks: { obstacles: {} } };
    const of = (workers: number): Promise<LoadedConfig> =>
      load(plugin, [`loader.workers=${workers}`, 'dataset.labels=["depth","segmentation"]']);
    const found = await epoch(await of(1));
    expect(found[0]!.targets).to.include.keys('obstacles');
    expect(found).to.deep.equal(await epoch(await of(0)));
  });

  it('cannot find a plugin that a program made', async () => {
    const own = definePlugin({ name: 'own' });
    const asked = await failure(await load({}, ['loader.workers=1'], [builtin, own]));
    expect(asked.code).to.equal('CONFIG_INVALID');
    expect(asked.message).to.match(/loader\.workers: expected 0, .* the plugin own, .* `module`/);
    // Not asked for: the main thread loads.
    expect((await epoch(await load({}, ['dataset.train=80'], [builtin, own]))).length).to.equal(27);
  });

  describe('and a plugin of the user’s own', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'workers-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    /** A data set whose third sample does what is said. */
    function own(sample: string, workers: number): Promise<LoadedConfig> {
      writeFileSync(
        join(folder, 'own.mjs'),
        `import { isMainThread } from 'node:worker_threads';
         import { MtlError } from ${JSON.stringify(import.meta.resolve('../../../core/index.js'))};
         import { z } from ${JSON.stringify(import.meta.resolve('zod'))};
         const size = { height: 32, width: 32 };
         const image = { ...size, channels: 3, data: new Uint8Array(3 * 32 * 32) };
         const labels = { depth: { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 1] } };
         const third = () => { ${sample} };
         const sample = async (index) => index === 2 ? third() : { id: 's' + index, ...size, image, labels: {} };
         const create = () => ({ size, labels, split: async () => ({ length: 4, sample }) });
         const part = { description: 'own', options: z.strictObject({}), create };
         export default { name: 'own', datasets: { own: part } };`,
      );
      const changes = {
        dataset: { name: 'own' },
        tasks: { depth: {}, segmentation: null },
        plugins: ['./own.mjs'],
      };
      return loadConfig({
        plugins: [builtin],
        config: { ...tiny, ...changes },
        overrides: [`loader.workers=${workers}`],
        folder,
      });
    }

    it('tell what is wrong with a sample as the main thread does', async () => {
      for (const workers of [0, 1]) {
        const error = await failure(
          await own(`throw new MtlError('SAMPLE_INVALID', 'a.png is torn');`, workers),
        );
        expect([error.code, error.message]).to.deep.equal(['SAMPLE_INVALID', 'a.png is torn']);
      }
    });

    it('tell of a defect, with its place', async () => {
      const found: unknown = await epoch(await own('return none;', 1)).catch((error: unknown) => error);
      expect(found).to.be.an('error').with.property('message', 'none is not defined');
      expect(found).to.not.be.instanceOf(MtlError);
      expect((found as Error).stack).to.include('own.mjs');
    });

    it('are missed when they end, and end nothing else', async () => {
      const error = await failure(await own('process.exit(3);', 2));
      expect(error.code).to.equal('DATA_INVALID');
      expect(error.message).to.include('A thread that loads data stopped').and.to.include('loader.workers=0');
    });
  });
});
