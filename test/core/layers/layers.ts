/** What the tests of the layers share. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { relativeError, tensorOf } from '../../oracles/compare.js';
import { readTensors, type StoredTensor } from '../../oracles/values.js';

export const values = readTensors('layers.safetensors');

export function value(name: string): StoredTensor {
  const stored = values[name];
  if (!stored) throw new Error(`no ${name} in layers.safetensors`);
  return stored;
}

/** Names of the cases of one layer, e.g. `maxPool.k2s2p0.odd`. */
export function casesOf(layer: string): readonly string[] {
  return Object.keys(values)
    .filter((name) => name.startsWith(`${layer}.`) && name.endsWith('.y'))
    .map((name) => name.slice(0, -'.y'.length));
}

/** A layer's output for a case's x, and the gradients of sum(y · dy) for x and its trainable weights. */
export interface LayerPass {
  readonly y: tf.Tensor;
  readonly dx: tf.Tensor;
  /** By the weight's name, e.g. `kernel`. */
  readonly dWeights: Readonly<Record<string, tf.Tensor>>;
}

/** Everything is owned by the caller's tidy, but for the layer. */
export function passOf(layer: tf.layers.Layer, name: string, kwargs: { training?: boolean } = {}): LayerPass {
  const x = tf.variable(tensorOf(value(`${name}.x`)));
  const dy = tensorOf(value(`${name}.dy`));
  const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
  let output: tf.Tensor | undefined;
  const { grads } = tf.variableGrads(() => {
    output = tf.keep(layer.apply(x, kwargs) as tf.Tensor);
    return tf.sum<tf.Scalar>(tf.mul(output, dy));
  }, [x, ...weights]);
  const y = output!.clone();
  output!.dispose();
  const dx = grads[x.name]!;
  x.dispose();
  return {
    y,
    dx,
    dWeights: Object.fromEntries(
      weights.map((weight, index) => [
        layer.trainableWeights[index]!.originalName.split('/').at(-1)!,
        grads[weight.name]!,
      ]),
    ),
  };
}

/** Float32 keeps seven digits of values that are sums of a few products. */
const tolerance = 1e-6;

export function expectPass({ dWeights, ...maps }: Omit<LayerPass, 'dx'>, name: string): void {
  for (const [key, found] of Object.entries({ ...maps, ...prefixed(dWeights) }))
    expectStored(found, `${name}.${key}`);
}

/** `kernel` → `dkernel`: as the file names gradients. */
function prefixed(gradients: LayerPass['dWeights']): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [`d${name}`, gradient]));
}

export function expectStored(found: tf.Tensor, name: string): void {
  const { shape, data } = value(name);
  expect(found.shape, name).to.deep.equal(shape);
  expect(relativeError(found.dataSync(), data), name).to.be.at.most(tolerance);
}

/** Builds a layer for a case's x and gives it the case's weights. */
export function buildFor<L extends tf.layers.Layer>(
  layer: L,
  name: string,
  weights: readonly string[] = [],
): L {
  // Only a layer that stands in a graph can be disposed of.
  layer.apply(tf.input({ batchShape: [...value(`${name}.x`).shape] }));
  tf.tidy(() => layer.setWeights(weights.map((weight) => tensorOf(value(`${name}.${weight}`)))));
  return layer;
}

/** Runs a layer's test in a scope of its own, and expects it to leave nothing behind. */
export function withLayer<L extends tf.layers.Layer>(make: () => L, use: (layer: L) => void): void {
  const before = tf.memory().numTensors;
  const layer = make();
  tf.engine().startScope();
  try {
    use(layer);
  } finally {
    tf.engine().endScope();
    layer.dispose();
  }
  expect(tf.memory().numTensors, 'tensors left').to.equal(before);
}
