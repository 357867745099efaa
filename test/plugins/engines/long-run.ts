/** Ten thousand steps of a network as small as one can be: what each leaves behind would add up to be seen. */
import * as tf from '@tensorflow/tfjs';
import {
  BatchNorm,
  Conv2d,
  createPart,
  Model,
  openSession,
  Stepper,
  type Network,
} from '../../../core/index.js';
import { optimizers } from '../../../plugins/optimizers/index.js';
import { equal } from '../../../plugins/weighters/index.js';
import { load } from '../../core/run/tiny.js';
import { firstBatch } from './network.js';

/** Every 1,000 steps: tensors, and the process's resident memory after a collection of garbage, MiB. */
export interface LongRun {
  readonly tensors: number[];
  readonly resident: number[];
}

const data = ['consistency=null', 'tasks.segmentation=null', 'dataset.labels=["depth"]'];

export async function tenThousandSteps(engine: unknown): Promise<LongRun> {
  const session = await openSession(await load(`engine=${JSON.stringify(engine)}`, ...data), {
    initialize: true,
  });
  const batch = await firstBatch(session);
  const model = twoConvolutions(session);
  const [weighter, optimizer] = [createPart(equal), createPart(optimizers.adam, { lr: 1e-3 })];
  weighter.setup({ tasks: ['depth'], kinds: ['regression'], seed: 0 });
  const stepper = new Stepper({ model, consistency: undefined, weighter, optimizer, clipNorm: 1 });
  const seen: LongRun = { tensors: [], resident: [] };
  for (let step = 1; step <= 10_000; step++) {
    await stepper.step(batch, 1e-3);
    if (step % 1000 !== 0) continue;
    seen.tensors.push(tf.memory().numTensors);
    // Several times: V8 gives pages back only after some collections.
    for (let round = 0; round < 8; round++) globalThis.gc?.();
    seen.resident.push(process.memoryUsage.rss() / 2 ** 20);
  }
  return seen;
}

function twoConvolutions({
  tasks,
  dataset,
}: Pick<Awaited<ReturnType<typeof openSession>>, 'tasks' | 'dataset'>): Model {
  const image = tf.input({ shape: [dataset.size.height, dataset.size.width, 3] });
  const layers = [
    new Conv2d({ name: 'first', filters: 4, kernelSize: 3 }),
    new BatchNorm({ name: 'norm', activation: 'relu' }),
    new Conv2d({ name: 'second', filters: 1, kernelSize: 1 }),
  ];
  const output = layers.reduce((input, layer) => layer.apply(input) as tf.SymbolicTensor, image);
  const net = tf.model({ inputs: image, outputs: output, name: 'net' });
  const forward: Network['forward'] = (x, { training }) => ({
    direct: { depth: net.apply(x, { training }) as tf.Tensor4D },
  });
  return new Model(tasks, { parts: { net }, forward }, []);
}
