import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { z } from 'zod';
import {
  definePart,
  definePlugin,
  MtlError,
  Registry,
  tryEngine,
  type Engine,
  type KernelReport,
} from '../../../core/index.js';
import { builtin, wasm } from '../../../plugins/index.js';
import { failureOf } from '../fakes.js';

const inner = { name: 'wasm', threads: 1 };
const baseFolder = process.cwd();

/** The wasm engine as one that tells which kernels it leaves to JavaScript: so many each time that it is asked. */
function counting(reports: readonly KernelReport[]): Registry {
  const left = [...reports];
  const counted = definePart({
    description: 'Counts.',
    options: z.strictObject({}),
    create: (_, deps): Engine => ({
      ...wasm.create({ threads: 1 }, deps),
      name: 'counted',
      kernels: () => Promise.resolve(left.shift()!),
    }),
  });
  return new Registry([builtin, definePlugin({ name: 'counting', engines: { counted } })]);
}

describe('tryEngine', () => {
  it('takes one training step, and leaves no tensor behind', async () => {
    const registry = new Registry([builtin]);
    const first = await tryEngine({ engine: inner, registry, baseFolder });
    const tensors = tf.memory().numTensors;
    const { engine, milliseconds, losses, kernels } = await tryEngine({
      engine: inner,
      registry,
      baseFolder,
    });
    expect(tf.memory().numTensors).to.equal(tensors);
    expect({ engine, kernels }).to.deep.equal({ engine: 'wasm', kernels: undefined });
    expect(milliseconds).to.be.within(1, 60_000);
    expect(losses).to.have.all.keys('segmentation', 'depth');
    for (const loss of Object.values(losses)) expect(loss).to.be.within(0.01, 100);
    expect(losses).to.deep.equal(first.losses);
  });

  it('tells which kernels the step left to JavaScript', async () => {
    const registry = counting([
      { own: 90, fallbacks: { FFT: 0, Multinomial: 2, Cumsum: 1 } },
      { own: 90, fallbacks: { FFT: 0, Multinomial: 5, Cumsum: 1, LRN: 4 } },
    ]);
    const { engine, kernels } = await tryEngine({ engine: 'counted', registry, baseFolder });
    expect(engine).to.equal('counted');
    expect(kernels).to.deep.equal({ own: 90, ran: { Multinomial: 3, LRN: 4 }, others: ['FFT', 'Cumsum'] });
  });

  it('fails as the engine does where it cannot start', async () => {
    const broken = definePart({
      description: 'Does not start.',
      options: z.strictObject({}),
      create: (_, deps): Engine => ({
        ...wasm.create({ threads: 1 }, deps),
        start: () => Promise.reject(new MtlError('ENGINE_UNUSABLE', 'no adapter')),
      }),
    });
    const registry = new Registry([builtin, definePlugin({ name: 'breaking', engines: { broken } })]);
    const { code, message } = await failureOf(() => tryEngine({ engine: 'broken', registry, baseFolder }));
    expect({ code, message }).to.deep.equal({ code: 'ENGINE_UNUSABLE', message: 'no adapter' });
  });
});
