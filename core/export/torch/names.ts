import * as tf from '@tensorflow/tfjs';
import { namedWeights } from '../../layers/index.js';

/** PyTorch's names of a layer's weights. */
const suffixes: Readonly<Record<string, string>> = {
  kernel: 'weight',
  gamma: 'weight',
  beta: 'bias',
  movingMean: 'running_mean',
  movingVariance: 'running_var',
};

/** A part's weights by their names in PyTorch, without the part's own: `layer1.0.conv1.weight`, as torchvision has it. */
export function torchWeights(part: string, model: tf.LayersModel): [name: string, weight: tf.Variable][] {
  return namedWeights(part, model).map(([name, weight]) => [
    torchName(name.slice(part.length + 1)),
    weight.read() as tf.Variable,
  ]);
}

/** `layer1.0.conv1.kernel` → `layer1.0.conv1.weight`. Weights of other kinds keep their names. */
function torchName(name: string): string {
  const [, layer, weight] = /^(.+)\.([^.]+)$/.exec(name)!;
  return `${layer}.${suffixes[weight!] ?? weight!}`;
}

/** [height, width, in, out] → PyTorch's [out, in, height, width]; other shapes are the same in both. */
export function torchShape(shape: readonly number[]): readonly number[] {
  const [height, width, input, out] = shape;
  return shape.length === 4 ? [out!, input!, height!, width!] : shape;
}

/** The same of a tensor. */
export function toTorch(weight: tf.Tensor): tf.Tensor {
  return weight.rank === 4 ? tf.transpose(weight, [3, 2, 0, 1]) : weight.clone();
}

export function fromTorch(weight: tf.Tensor): tf.Tensor {
  return weight.rank === 4 ? tf.transpose(weight, [2, 3, 1, 0]) : weight.clone();
}
