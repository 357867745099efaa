import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  openSession,
  readCheckpoint,
  restoreCheckpoint,
  saveCheckpoint,
  Stepper,
  type HostBatch,
  type Optimizer,
  type Session,
  type Stateful,
  type Weighter,
} from '../../../core/index.js';
import { optimizers } from '../../../plugins/optimizers/index.js';
import { weighters } from '../../../plugins/weighters/index.js';
import { load } from '../../core/run/tiny.js';
import { describeOnEach } from '../../engines.js';
import { specs } from './training.js';

const steps = 5;
/** In the midst of the cycle of a method that collects over three steps. */
const stop = 2;
const stepsPerEpoch = 3;

describeOnEach('every weighter with every optimizer', (engine) => {
  let folder = '';
  let session: Session;
  let batches: HostBatch[];
  let fresh: Stateful['state']['tensors'];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'matrix-'));
    const small = ['consistency=null', 'tasks.distance={"type":"depth"}', 'dataset.train=6'];
    session = await openSession(
      await load(...small, `engine=${JSON.stringify({ name: engine, threads: 1 })}`),
      {
        initialize: true,
      },
    );
    batches = [];
    for await (const batch of (await session.loading.open('train')).batches({ batchSize: 2 }))
      batches.push(batch);
    fresh = Object.fromEntries(
      Object.entries(session.model.state.tensors).map(([name, tensor]) => [name, tensor.clone()]),
    );
  });
  after(() => {
    tf.dispose(fresh);
    session.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const weighter of Object.keys(weighters)) {
    it(`${weighter} goes on to the bit from a file`, async () => {
      for (const optimizer of Object.keys(optimizers)) {
        session.model.restore({ tensors: fresh, values: {} });
        const whole = makeParts(weighter, optimizer);
        const losses = await take(whole, 0, steps);
        const end = await values(whole);
        whole.dispose();

        session.model.restore({ tensors: fresh, values: {} });
        const first = makeParts(weighter, optimizer);
        const file = join(folder, `${weighter}-${optimizer}.safetensors`);
        const before = await take(first, 0, stop);
        await saveCheckpoint(file, first.parts);
        first.dispose();

        // What is left in memory must not help.
        session.model.restore({ tensors: fresh, values: {} });
        const second = makeParts(weighter, optimizer);
        restoreCheckpoint(readCheckpoint(file), second.parts);
        const rest = await take(second, stop, steps);
        expect([...before, ...rest], optimizer).to.deep.equal(losses);
        expect(await values(second), optimizer).to.deep.equal(end);
        second.dispose();
      }
    });
  }

  interface Parts {
    readonly weighter: Weighter;
    readonly optimizer: Optimizer;
    readonly parts: Readonly<Record<string, Stateful>>;
    dispose(): void;
  }

  function makeParts(name: string, optimizerName: string): Parts {
    const { registry, deps, model, tasks } = session;
    const weighter = registry.create('weighter', specs[name] ?? { name }, deps);
    weighter.setup({
      tasks: tasks.map((task) => task.name),
      kinds: tasks.map(({ kind }) => kind),
      seed: 0,
    });
    const momentum = optimizerName === 'sgd' ? { momentum: 0.9 } : {};
    const optimizer = registry.create('optimizer', { name: optimizerName, ...momentum }, deps);
    const dispose = (): void => {
      weighter.dispose();
      optimizer.dispose();
    };
    return { weighter, optimizer, parts: { model, weighter, optimizer }, dispose };
  }

  async function take({ weighter, optimizer }: Parts, from: number, to: number): Promise<unknown[]> {
    const { model, consistency } = session;
    const stepper = new Stepper({ model, consistency, weighter, optimizer, clipNorm: null });
    const losses: unknown[] = [];
    for (let step = from; step < to; step++) {
      losses.push((await stepper.step(batches[step % batches.length]!, 1e-3)).losses);
      if ((step + 1) % stepsPerEpoch === 0)
        weighter.endEpoch?.(session.tasks.map((_, task) => 1 + task / step));
    }
    return losses;
  }

  async function values({ parts }: Parts): Promise<unknown> {
    const read = Object.entries(parts).map(async ([part, { state }]) => {
      const tensors = Object.entries(state.tensors).map(
        async ([name, tensor]) => [name, Array.from(await tensor.data())] as const,
      );
      return [
        part,
        { values: state.values, tensors: Object.fromEntries(await Promise.all(tensors)) },
      ] as const;
    });
    return Object.fromEntries(await Promise.all(read));
  }
});
