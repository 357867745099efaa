import type { LoadedConfig } from '../config/index.js';
import { interruption, unlessStopped } from '../interruption.js';
import { evaluate, modelPredictor } from '../evaluation/index.js';
import { Trainer } from '../training/trainer.js';
import { currentWorld } from '../world/current.js';
import { makeMoving } from './moving.js';
import { beginTogether, takeFirstState } from './ranks.js';
import { openSession } from './session.js';
import type { RunResult, TrainOptions } from './train.js';

/**
 * A run on a rank other than 0: takes the same steps, from rank 0's state on, and writes nothing.
 * @throws MtlError; `INTERRUPTED` where any rank was stopped
 */
export async function follow(
  loaded: LoadedConfig,
  { folder, signal }: Pick<TrainOptions, 'folder' | 'signal'>,
): Promise<RunResult> {
  const session = await openSession(loaded, { initialize: true });
  const { config, model, tasks, consistency, loading, engine } = session;
  const own: { dispose(): void }[] = [session];
  try {
    const moving = await makeMoving(session, own, { initialize: true });
    const [train, val] = [
      await unlessStopped(loading.open('train'), signal),
      await unlessStopped(loading.open('val'), signal),
    ];
    const trainer = new Trainer({
      settings: config.train,
      ...{ tasks, model, consistency, ...moving, train, val, signal },
      onEvent: () => undefined,
      save: () => Promise.resolve({ file: folder, written: Promise.resolve() }),
    });
    await beginTogether({ loaded, engine: engine.name, train, val }, trainer.parts);
    if ((await trainer.run()) === 'interrupted') throw interruption();
    const { world } = currentWorld()!;
    await takeFirstState(world, { model });
    const { batchSize } = config.train;
    const metrics = await evaluate(modelPredictor(model), { loader: val, tasks, batchSize, world });
    const badSamples = { train: train.badSamples, val: val.badSamples };
    return { metrics, baselines: {}, badSamples, run: folder };
  } finally {
    for (const part of own) part.dispose();
  }
}
