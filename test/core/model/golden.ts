/** The small networks of test/oracles/network.py: the same parameters by name, the same inputs, the same options. */
import * as tf from '@tensorflow/tfjs';
import {
  assembleModel,
  Registry,
  RunContainer,
  Tape,
  TapeProblem,
  taskLosses,
  tokens,
  type Consistency,
  type DataInfo,
  type HostBatch,
  type Model,
  type NamedGradients,
  type Predictions,
  type Resolution,
  type Target,
  type TransferTask,
  type TaskLoss,
  type Weighter,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { hashed, readJson } from '../../oracles/values.js';

export interface CaseOptions {
  readonly backbone: number;
  readonly architecture: 'shared' | 'single';
  readonly consistency: 'xtc' | 'align' | 'none';
  readonly target: 'soft' | 'hard';
  readonly labelSmoothing: number;
  readonly mask: 'all' | 'valid';
  readonly weighting: 'authors' | 'kendall' | 'equal';
  readonly depthLabels: 'both' | 'first';
  readonly resolution: Resolution;
  readonly cycles: number;
  /** Which batch of the series. */
  readonly batch: number;
}

export interface Losses {
  readonly direct: Readonly<Record<string, number>>;
  readonly transferred: Readonly<Record<string, number>>;
  readonly cycled: Readonly<Record<string, number>>;
  readonly task: Readonly<Record<string, number>>;
  readonly total: number;
}

export interface GoldenCase {
  readonly options: CaseOptions;
  readonly losses: Losses;
  readonly logVarianceGradients?: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, readonly [norm: number, probe0: number, probe1: number]>>;
}

interface NetworkFile {
  readonly inputs: {
    readonly shape: readonly [number, number, number];
    readonly classes: number;
    readonly lambda: Readonly<Record<string, number>>;
    readonly logVariance: Readonly<Record<string, number>>;
    readonly labelledPixels: number;
    readonly sumOfLabels: number;
    readonly pixelsWithDepth: number;
    readonly sumOfDepths: number;
    readonly sumOfImage: number;
  };
  readonly cases: Readonly<Record<string, GoldenCase>>;
}

export const golden = readJson('network.json') as NetworkFile;
/** The case that all the others are variants of. */
export const main = golden.cases['xtc-soft']!;

const { shape, classes, lambda, logVariance } = golden.inputs;
const [batchSize, height, width] = shape;

const data: DataInfo = {
  size: { height, width },
  labels: {
    segmentation: {
      kind: 'classes',
      names: Array.from({ length: classes }, (_, id) => `class ${id}`),
      colors: Array.from({ length: classes }, (): [number, number, number] => [0, 0, 0]),
      void: 255,
    },
    depth: { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 5] },
  },
};

export const registry = new Registry([builtin]);

/** What a run of the small networks' data offers to its parts. */
export function offers(): RunContainer {
  return new RunContainer()
    .provide(tokens.registry, registry)
    .provide(tokens.baseFolder, process.cwd())
    .provide(tokens.seed, 0)
    .provide(tokens.data, data);
}

export function makeTask(
  name: 'segmentation' | 'depth',
  options: Readonly<Record<string, unknown>> = {},
): TransferTask {
  const task = registry.create('task', { name, ...options }, offers().provide(tokens.taskName, name));
  return task as TransferTask;
}

export interface GoldenNetwork {
  readonly model: Model;
  readonly consistency: Consistency | undefined;
  readonly weighter: Weighter;
  dispose(): void;
}

/** A small network with its parameters set by their names. */
export function buildGolden(options: CaseOptions = main.options): GoldenNetwork {
  const tasks = [makeTask('segmentation'), makeTask('depth')];
  const { architecture, backbone, consistency, resolution } = options;
  const model = assembleModel({
    tasks,
    architecture: registry.create('architecture', { name: architecture, decoderChannels: 4 }, offers()),
    backbone: registry.create('backbone', { name: `resnet${backbone}`, width: 4 }, offers()),
    transfer:
      consistency === 'none'
        ? undefined
        : {
            net: registry.create('transferNet', { name: 'ttnet', channels: 4 }, offers()),
            edges: 'all',
            resolution,
          },
    size: { height, width },
    seed: 0,
    initialize: false,
  });
  for (const [name, parameter] of Object.entries(model.parameters)) {
    tf.tidy(() => parameter.assign(tf.tensor(initial(name, parameter.shape), parameter.shape)));
  }
  const weighter = makeWeighter(options.weighting, tasks);
  return {
    model,
    consistency: makeConsistency(options),
    weighter,
    dispose() {
      model.dispose();
      weighter.dispose();
    },
  };
}

/** A parameter's value by its name: kernels in ±√(6/fan-in), biases and beta in ±0.1, gamma in 1 ± 0.2. */
export function initial(name: string, shape: readonly number[]): Float32Array {
  if (name.endsWith('.kernel')) {
    return hashed(name, shape, Math.sqrt(6 / (shape[0]! * shape[1]! * shape[2]!)));
  }
  if (name.endsWith('.gamma')) return hashed(name, shape, 0.2).map((value) => 1 + value);
  return hashed(name, shape, 0.1);
}

function makeConsistency({
  consistency: name,
  target,
  labelSmoothing,
  mask,
  cycles,
}: CaseOptions): Consistency | undefined {
  if (name === 'none') return undefined;
  const spec = name === 'xtc' ? { name, target, labelSmoothing, mask } : name;
  const loss = registry.create('loss', spec, offers());
  if (loss.role !== 'consistency') throw new Error(`${name} compares no tasks`);
  return { loss, lambda, cycles };
}

function makeWeighter(weighting: CaseOptions['weighting'], tasks: readonly TransferTask[]): Weighter {
  const spec = weighting === 'equal' ? 'equal' : { name: 'uncertainty', form: weighting };
  const weighter = registry.create('weighter', spec, offers());
  weighter.setup({
    tasks: tasks.map(({ name }) => name),
    kinds: tasks.map(({ kind }) => kind),
    seed: 0,
  });
  tf.tidy(() => {
    for (const [name, variable] of Object.entries(weighter.parameters)) {
      variable.assign(tf.scalar(logVariance[name.replace('logVariance.', '')]!));
    }
  });
  return weighter;
}

/** A batch of the series; by default the main case's. */
export function goldenBatch(
  index: number = main.options.batch,
  depthLabels: CaseOptions['depthLabels'] = 'both',
): HostBatch {
  const values = (name: string, channels: number, scale = 1): Float32Array =>
    hashed(`${name}:${index}`, [...shape, channels], scale);
  const mask = (name: string, limit: number): Float32Array =>
    values(name, 1).map((value) => (value <= limit ? 1 : 0));
  const [labelMask, depthMask] = [mask('void', 0.7), mask('holes', 0.5)];
  if (depthLabels === 'first') depthMask.fill(0, height * width);
  const ids = values('labels', 1).map((value) =>
    Math.min(classes - 1, Math.floor(((value + 1) / 2) * classes)),
  );
  const depths = values('depth', 1, 1.5).map((value) => 2 + value);
  const masked = (numbers: Float32Array, valid: Float32Array): Float32Array =>
    numbers.map((value, at) => value * valid[at]!);
  return {
    size: batchSize,
    ids: ['first', 'second'],
    image: values('image', 3, 1.5),
    shape: [batchSize, height, width, 3],
    targets: {
      segmentation: { value: masked(ids, labelMask), mask: labelMask, shape: [batchSize, height, width, 1] },
      depth: { value: masked(depths, depthMask), mask: depthMask, shape: [batchSize, height, width, 1] },
    },
  };
}

/** A batch's labels on the engine. */
export function targetsOf(batch: HostBatch): Record<string, Target> {
  return Object.fromEntries(
    Object.entries(batch.targets).map(
      ([
        task,
        {
          value,
          mask,
          shape: [size, rows, columns, channels],
        },
      ]) => [
        task,
        {
          value: tf.tensor4d(value, [size, rows, columns, channels]),
          mask: tf.tensor4d(mask, [size, rows, columns, 1]),
        },
      ],
    ),
  );
}

export interface RecordedPass {
  readonly predictions: Predictions;
  readonly losses: Readonly<Record<string, TaskLoss>>;
  readonly problem: TapeProblem;
  dispose(): void;
}

/** One recorded forward pass in training mode, with the problem that it poses to a weighter. */
export function recordPass({ model, consistency }: GoldenNetwork, batch: HostBatch): RecordedPass {
  const { tape, result } = Tape.record(() => {
    const image = tf.tensor4d(batch.image, [...batch.shape]);
    const predictions = model.forward(image, {
      training: true,
      transfer: consistency !== undefined,
      cycles: (consistency?.cycles ?? 0) > 0,
    });
    const { direct, transferred, cycled = [] } = predictions;
    const losses = taskLosses({
      tasks: model.tasks,
      predictions: direct,
      targets: targetsOf(batch),
      transferred,
      cycled,
      consistency,
    });
    return { predictions: { direct, transferred: [...transferred], cycled: [...cycled] }, losses };
  });
  const names = model.tasks.map(({ name }) => name);
  const problem = new TapeProblem({
    tasks: names,
    losses: names.map((name) => result.losses[name]!.total),
    values: names.map((name) => result.losses[name]!.total.dataSync()[0]!),
    tape,
    parameters: model.parameters,
  });
  return {
    ...result,
    problem,
    dispose() {
      problem.dispose();
      tf.dispose(result as unknown as tf.TensorContainer);
    },
  };
}

/** One pass and the gradients that the network's weighter makes of it. */
export async function goldenGradients(
  network: GoldenNetwork,
  batch: HostBatch,
): Promise<{ readonly pass: RecordedPass; readonly gradients: NamedGradients }> {
  const pass = recordPass(network, batch);
  return { pass, gradients: await network.weighter.update(pass.problem) };
}
