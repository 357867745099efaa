/**
 * What each weighter costs: time and memory of a whole training step beside one with fixed weights, for two, three and
 * eight tasks, on a convolutional network whose heads are most of it, and on dense layers that are nearly all shared.
 */
import * as tf from '@tensorflow/tfjs';
import Table from 'cli-table3';
import {
  checkEngines,
  createPart,
  differentiate,
  loadConfig,
  openSession,
  Registry,
  Stepper,
  type Optimizer,
  type Weighter,
} from '../../core/index.js';
import { torch, wasm } from '../../plugins/engines/index.js';
import { optimizers } from '../../plugins/optimizers/index.js';
import { createWeighter, weighters } from '../../plugins/weighters/index.js';
import { builtin } from '../../plugins/index.js';
import { median, spread } from './median.js';

const rounds = 2;
/** What everything is divided by. */
const plain = 'equal';
/** These need something said about the tasks, or more of them. */
const specs: Readonly<Record<string, (tasks: readonly string[]) => object | undefined>> = {
  constant: (tasks) => ({ name: 'constant', weights: tasks.map(() => 1) }),
  krum: (tasks) => (tasks.length < 3 ? undefined : { name: 'krum' }),
  trimmedMean: (tasks) => (tasks.length < 3 ? undefined : { name: 'trimmedMean' }),
};

/** Those that make one update of several steps. */
const cycles: Readonly<Record<string, number>> = { modo: 3, sdmgrad: 3 };

/** A model with T tasks, whose parameters any weighter's steps may move. */
interface Subject {
  readonly tasks: readonly string[];
  step(weighter: Weighter, optimizer: Optimizer): Promise<void>;
  dispose(): void;
}

export async function run(): Promise<void> {
  const usable = (await checkEngines(new Registry([builtin])))
    .filter((engine) => engine.usable)
    .map(({ name }) => name);
  const engine = usable.includes('torch') ? 'torch' : 'wasm';
  for (const count of [2, 3, 8]) {
    for (const [title, open] of Object.entries(subjects)) {
      const { plain: reference, rows } = await measure(await open(count, engine));
      const table = new Table({
        head: ['weighter', 'time', 'spread', 'memory'],
        style: { head: [], border: [], compact: true },
      });
      for (const [name, row] of rows) table.push([name, ...row]);
      console.log(`${title}, T = ${count}, ${engine}; ${plain}: ${reference}\n${table.toString()}\n`);
    }
  }
}

interface Measured {
  /** Time and memory of a step with fixed weights. */
  readonly plain: string;
  /** By weighter: time, its spread and memory, over those. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
}

async function measure(subject: Subject): Promise<Measured> {
  const { tasks } = subject;
  const found = new Map<string, string[]>();
  const optimizer = createPart(optimizers.adam, { lr: 1e-5 });
  const reference = createWeighter(plain, { tasks });
  await subject.step(reference, optimizer);
  const least = await peakOf(() => subject.step(reference, optimizer));
  const bases: number[] = [];
  for (const name of Object.keys(weighters)) {
    const spec = specs[name] ? specs[name](tasks) : { name };
    if (!spec) continue;
    const weighter = createWeighter(spec as { name: string }, { tasks });
    const cycle = cycles[name] ?? 1;
    const ratios: number[] = [];
    let bytes = 0;
    // The first cycle makes the weighter's state.
    for (let round = 0; round <= rounds; round++) {
      const base = await timeOf(() => subject.step(reference, optimizer));
      const own = await timeOf(async () => {
        for (let step = 0; step < cycle; step++)
          bytes = Math.max(bytes, await peakOf(() => subject.step(weighter, optimizer)));
      });
      if (round === 0) continue;
      ratios.push(own / cycle / base);
      bases.push(base);
    }
    found.set(name, [median(ratios).toFixed(2), spread(ratios, 2), (bytes / least).toFixed(2)]);
    weighter.dispose();
  }
  optimizer.dispose();
  subject.dispose();
  return { plain: `${median(bases).toFixed(0)} ms, ${mebibytes(least)} MiB`, rows: found };
}

/** ms */
async function timeOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

/** The most bytes that tensors take while something runs; parameters and the optimizer's moments are among them. */
async function peakOf(work: () => Promise<void>): Promise<number> {
  const engine = tf.engine() as unknown as { trackTensor(...args: unknown[]): void };
  const trackTensor = engine.trackTensor.bind(engine);
  let most = 0;
  engine.trackTensor = (...args) => {
    trackTensor(...args);
    most = Math.max(most, tf.memory().numBytes);
  };
  try {
    await work();
  } finally {
    engine.trackTensor = trackTensor;
  }
  return most;
}

const subjects: Readonly<Record<string, (count: number, engine: string) => Promise<Subject>>> = {
  'XTasC-Net, ResNet-18, 64×128, one image, transfer nets in a ring': xtascNet,
  'dense layers, 10 million parameters, batch 128': dense,
};

/** Segmentation, and depth under several names. */
async function xtascNet(count: number, engine: string): Promise<Subject> {
  const depths = Array.from({ length: count - 1 }, (_, index) => `depth${index + 1}`);
  const tasks = ['segmentation', ...depths];
  const edges = tasks.map((task, index) => [task, tasks[(index + 1) % count]]);
  const entries = depths.map((name) => [name, { type: 'depth' }] as const);
  const overrides = [
    `engine=${engine}`,
    'dataset={"name":"scenes","size":[64,128],"train":2,"labels":["segmentation","depth"],"depth":"inverse"}',
    'backbone=resnet18',
    'tasks.depth=null',
    ...entries.map(([name, options]) => `tasks.${name}=${JSON.stringify(options)}`),
    `consistency.edges=${JSON.stringify(edges)}`,
    'train.batchSize=1',
    'train.augment=false',
  ];
  const session = await openSession(
    await loadConfig({ plugins: [builtin], preset: 'xtasc-net', overrides }),
    {
      initialize: true,
    },
  );
  const loader = await session.loading.open('train');
  const { value: batch } = await loader.batches({ batchSize: 1 }).next();
  return {
    tasks,
    async step(weighter, optimizer) {
      await new Stepper({ ...session, weighter, optimizer, clipNorm: null }).step(batch!, 1e-5);
    },
    dispose: () => session.dispose(),
  };
}

/** A trunk of three layers and a small head per task. */
async function dense(count: number, engine: string): Promise<Subject> {
  await (engine === 'torch' ? createPart(torch) : createPart(wasm)).start();
  const tasks = Array.from({ length: count }, (_, index) => `task${index + 1}`);
  const input = tf.input({ shape: [1024] });
  const trunk = [2048, 2048, 2048].reduce<tf.SymbolicTensor>(
    (features, units) =>
      tf.layers
        .dense({ units, activation: 'relu', kernelInitializer: 'heNormal' })
        .apply(features) as tf.SymbolicTensor,
    input,
  );
  const heads = tasks.map(() => tf.layers.dense({ units: 1 }).apply(trunk) as tf.SymbolicTensor);
  const model = tf.model({ inputs: input, outputs: heads });
  const parameters = Object.fromEntries(
    model.trainableWeights.map((weight) => [weight.name, weight.read() as tf.Variable]),
  );
  const x = tf.randomNormal([128, 1024], 0, 1, 'float32', 1);
  const truth = tf.randomNormal([128, 1], 0, 1, 'float32', 2);
  return {
    tasks,
    async step(weighter, optimizer) {
      const { gradients } = await differentiate({
        forward: () =>
          Object.fromEntries(
            (model.apply(x, { training: true }) as tf.Tensor[]).map((output, task) => [
              tasks[task]!,
              { total: tf.mean<tf.Scalar>(tf.squaredDifference(output, tf.mul(truth, task + 1))) },
            ]),
          ),
        weighter,
        parameters,
      });
      if (Object.keys(gradients).length > 0)
        optimizer.step({ ...parameters, ...weighter.parameters }, gradients, 1e-5);
      tf.dispose(gradients);
    },
    dispose() {
      model.dispose();
      tf.dispose([x, truth]);
    },
  };
}
