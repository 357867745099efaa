import * as tf from '@tensorflow/tfjs';
import {
  assembleModel,
  RunContainer,
  tokens,
  type DataInfo,
  type Model,
  type PartSpec,
  type Resolution,
  type Size,
  type Task,
} from '../../../core/index.js';
import type { GraphModelArtifacts } from '../../../core/export/graph/index.js';
import { hashed } from '../../oracles/values.js';
import { initial, registry } from '../model/golden.js';

export const size: Size = { height: 32, width: 64 };

const data: DataInfo = {
  size,
  labels: {
    segmentation: {
      kind: 'classes',
      names: ['road', 'car', 'tree', 'sky', 'wall'],
      colors: [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
        [10, 11, 12],
        [13, 14, 15],
      ],
      void: 255,
    },
    depth: { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 5] },
    normals: { kind: 'directions' },
    weather: { kind: 'imageClass', names: ['dry', 'wet', 'snow'] },
    people: { kind: 'imageNumber', unit: 'people' },
  },
};

/** The tasks' plugins by the tasks' names. */
const plugins: Readonly<Record<string, string>> = { weather: 'classification', people: 'regression' };

export interface NetworkOptions {
  readonly tasks?: readonly string[];
  readonly architecture?: PartSpec;
  readonly backbone?: string;
  readonly transfer?: boolean;
  readonly resolution?: Resolution;
}

/** A small network, every variable set by its name as in test/oracles/exported.py. */
export function buildNetwork({
  tasks = ['segmentation', 'depth'],
  architecture = { name: 'shared', decoderChannels: 4 },
  backbone = 'resnet18',
  transfer = true,
  resolution = 1,
}: NetworkOptions = {}): Model {
  const deps = new RunContainer()
    .provide(tokens.registry, registry)
    .provide(tokens.baseFolder, process.cwd())
    .provide(tokens.seed, 0)
    .provide(tokens.data, data);
  const made = tasks.map((name): Task => {
    const container = new RunContainer()
      .provide(tokens.registry, registry)
      .provide(tokens.data, data)
      .provide(tokens.taskName, name);
    return registry.create('task', { name: plugins[name] ?? name }, container);
  });
  const model = assembleModel({
    tasks: made,
    architecture: registry.create('architecture', architecture, deps),
    backbone: registry.create('backbone', { name: backbone, width: 4 }, deps),
    transfer: transfer
      ? {
          net: registry.create('transferNet', { name: 'ttnet', channels: 4 }, deps),
          edges: 'all',
          resolution,
        }
      : undefined,
    size,
    seed: 0,
    initialize: false,
  });
  for (const [name, variable] of Object.entries(model.state.tensors)) {
    tf.tidy(() => (variable as tf.Variable).assign(tf.tensor(valueOf(name, variable.shape), variable.shape)));
  }
  return model;
}

function valueOf(name: string, shape: readonly number[]): Float32Array {
  if (name.endsWith('.movingMean')) return hashed(name, shape, 0.5);
  if (name.endsWith('.movingVariance')) return hashed(name, shape, 0.5).map((value) => 1 + value);
  return initial(name, shape);
}

/** [batch, height, width, 3] */
export function images(batch: number): tf.Tensor4D {
  const shape: [number, number, number, number] = [batch, size.height, size.width, 3];
  return tf.tensor4d(hashed('images', shape, 1.5), shape);
}

export function loadArtifacts(artifacts: GraphModelArtifacts): Promise<tf.GraphModel> {
  return tf.loadGraphModel(tf.io.fromMemory(artifacts));
}

/** What a loaded model gives, by the outputs' names; the tensors are gone then. */
export function predicted(
  model: tf.GraphModel,
  image: tf.Tensor4D,
): Record<string, { shape: number[]; data: tf.TypedArray }> {
  const outputs = model.predict({ image }) as tf.NamedTensorMap;
  return read(outputs);
}

export function read(
  tensors: Readonly<Record<string, tf.Tensor>>,
): Record<string, { shape: number[]; data: tf.TypedArray }> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const found = { shape: tensor.shape, data: tensor.dataSync().slice() };
      tensor.dispose();
      return [name, found];
    }),
  );
}

/** max |found − wanted| / max |wanted| */
export function furthest(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [difference, largest] = [0, 0];
  for (let at = 0; at < wanted.length; at++) {
    difference = Math.max(difference, Math.abs(found[at]! - wanted[at]!));
    largest = Math.max(largest, Math.abs(wanted[at]!));
  }
  return difference / largest;
}
