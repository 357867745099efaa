import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { z } from 'zod';
import {
  definePart,
  definePlugin,
  evaluateRun,
  loadConfig,
  loadRunConfig,
  openSession,
  restoreVariables,
  summarize,
  train,
  type Auxiliary,
  type AuxiliaryContext,
  type AuxiliaryStep,
  type LoadedConfig,
  type Plugin,
  type TrainingEvent,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { failureOf } from '../fakes.js';
import { load, tiny } from '../run/tiny.js';

type StepEvent = Extract<TrainingEvent, { readonly type: 'step' }>;

/** What one was told. */
interface Told {
  context?: AuxiliaryContext;
  shapes?: readonly number[];
  disposed: number;
}

/** As anybody could write one: a penalty on what each task predicts on the whole, with a trained offset. */
function penalty(told: Told): Plugin {
  const create = ({ weight, fails }: { readonly weight: number; readonly fails: boolean }): Auxiliary => {
    const offset = tf.tidy(() => tf.variable(tf.scalar(0)));
    return {
      readsFeatures: true,
      parameters: { offset },
      setup(context) {
        told.context = context;
        if (fails) throw new Error('it does not fit');
      },
      terms: ({ predictions, features }: AuxiliaryStep) => {
        told.shapes = features!.depth!.decoded.shape;
        const mean = tf.mean<tf.Scalar>(predictions.depth!);
        return { depth: tf.mul<tf.Scalar>(tf.square(tf.sub(mean, tf.add(offset, 1))), weight) };
      },
      get state() {
        return { tensors: { offset }, values: {} };
      },
      restore: ({ tensors }) => restoreVariables({ offset }, tensors, 'penalty'),
      dispose() {
        told.disposed += 1;
        offset.dispose();
      },
    };
  };
  const options = z.strictObject({ weight: z.number().default(1), fails: z.boolean().default(false) });
  return definePlugin({
    name: 'penalties',
    auxiliaries: { penalty: definePart({ description: 'A penalty.', options, create }) },
  });
}

describe('auxiliaries', function () {
  this.timeout(60_000);
  let path = '';
  let told: Told;
  // Tensors can be counted only where an engine is active.
  before(() => tf.ready());
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'auxiliaries-'));
    told = { disposed: 0 };
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  const loadWith = (auxiliary: unknown, ...overrides: string[]): Promise<LoadedConfig> =>
    loadConfig({
      plugins: [builtin, penalty(told)],
      config: { ...tiny, train: { ...tiny.train, epochs: 1, checkpointEvery: 1 }, auxiliary },
      overrides: ['loader.workers=0', ...overrides],
    });

  async function run(config: LoadedConfig, name: string): Promise<readonly StepEvent[]> {
    const steps: StepEvent[] = [];
    await train(config, {
      folder: join(path, name),
      onEvent: (event) => event.type === 'step' && steps.push(event),
    });
    return steps;
  }
  const last = (name: string): Buffer => readFileSync(join(path, name, 'checkpoints', 'last.safetensors'));

  it('add their terms to the tasks’ losses and are trained by the run’s optimizer', async () => {
    const tensors = tf.memory().numTensors;
    const steps = await run(await loadWith(['penalty', { name: 'penalty', weight: 2 }]), 'run');
    expect(tf.memory().numTensors).to.equal(tensors);
    expect(told.disposed).to.equal(2);
    expect(told.context).to.include({ path: 'auxiliary[1]', seed: 0, initialize: true });
    expect(told.context!.features!.depth!.decoded).to.deep.equal([32, 32, 2]);
    expect(told.shapes).to.deep.equal([2, 32, 32, 2]);
    for (const { losses } of steps) {
      const { auxiliary, direct, transferred, total } = losses.depth!;
      expect(Object.keys(auxiliary!)).to.deep.equal(['penalty', 'penalty-2']);
      const own = 0.99 * direct + 0.01 * transferred.segmentation!;
      expect(total).to.be.closeTo(own + auxiliary!.penalty! + auxiliary!['penalty-2']!, 1e-5);
      expect(losses.segmentation).to.not.have.property('auxiliary');
    }
    // The same until the first update; twice the weight.
    const first = steps[0]!.losses.depth!.auxiliary!;
    expect(first['penalty-2']).to.be.closeTo(2 * first.penalty!, 1e-6);
    const name = 'optimizer/penalty-2.offset/m';
    expect(last('run').includes(Buffer.from(name)), 'the optimizer’s moments').to.equal(true);
  });

  it('go on to the same bits', async () => {
    const config = await loadWith(['penalty']);
    await run(config, 'whole');
    let seen = 0;
    const crashing = train(config, {
      folder: join(path, 'crashed'),
      onEvent: ({ type }) => {
        if (type === 'step' && ++seen === 2) throw new Error('crash');
      },
    });
    expect(await crashing.catch((thrown: unknown) => thrown)).to.have.property('message', 'crash');
    await train(config, { folder: join(path, 'crashed'), resume: true });
    expect(told.context!.initialize).to.equal(false);
    expect(last('crashed').equals(last('whole'))).to.equal(true);
  });

  it('are gone in use, and are no part of the model', async () => {
    const config = await loadWith(['penalty']);
    await run(config, 'run');
    told.disposed = 0;
    delete told.context;
    const folder = join(path, 'run');
    const loaded = await loadRunConfig(folder, [builtin, penalty(told)]);
    await evaluateRun(loaded, { folder, split: 'val' });
    const session = await openSession(loaded, { initialize: false });
    const parameters = Object.keys(session.model.parameters);
    expect(summarize(session.model).parts.map(({ name }) => name)).to.not.include('penalty');
    session.dispose();
    expect(parameters.filter((name) => name.includes('offset'))).to.deep.equal([]);
    expect(told)
      .to.deep.equal({ ...told, disposed: 0 })
      .and.not.to.have.property('context');
  });

  it('leave nothing behind where they do not fit', async () => {
    const tensors = tf.memory().numTensors;
    const config = await loadWith(['penalty', { name: 'penalty', fails: true }]);
    const failed = await run(config, 'failed').catch((thrown: unknown) => thrown);
    expect(failed).to.have.property('message', 'it does not fit');
    expect(told.disposed).to.equal(2);
    expect(tf.memory().numTensors).to.equal(tensors);
    expect(existsSync(join(path, 'failed'))).to.equal(false);
  });

  it('are checked with the config', async () => {
    const { message } = await failureOf(() => loadWith(['penaltie', { name: 'penalty', weight: 'much' }]));
    expect(message).to.include('auxiliary[0]: expected one of kd4mtl, penalty, found "penaltie"');
    expect(message).to.include('auxiliary[1].weight: expected a number, found "much"');
    expect((await load()).config.auxiliary).to.deep.equal([]);
  });
});
