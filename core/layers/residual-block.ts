import type * as tf from '@tensorflow/tfjs';
import { AddRelu } from './add-relu.js';
import { convNormLayers } from './conv-norm.js';
import type { Conv2dArgs } from './conv2d.js';

/** A residual block's convolutions; its layers are named as torchvision does: `NAME.conv1`, `NAME.bn1`, `NAME.downsample.0`. */
export interface ResidualBlockArgs {
  readonly name: string;
  /** Channels that it is fed. */
  readonly inputs: number;
  /** In their order, without biases, each with batch norm, all but the last with ReLU. */
  readonly convolutions: readonly Pick<Conv2dArgs, 'filters' | 'kernelSize' | 'stride'>[];
}

/**
 * Residual block (He et al. 2016): relu(convolutions(x) + x); where the convolutions change channels or size, a 1×1
 * convolution with batch norm does so to x.
 * @returns what puts it into a graph, with the same weights wherever it is used
 */
export function residualBlock({
  name,
  inputs,
  convolutions,
}: ResidualBlockArgs): (x: tf.SymbolicTensor) => tf.SymbolicTensor {
  const layers = convolutions.map((args, index) =>
    convNormLayers({
      conv: `${name}.conv${index + 1}`,
      norm: `${name}.bn${index + 1}`,
      activation: index === convolutions.length - 1 ? null : 'relu',
      useBias: false,
      ...args,
    }),
  );
  const filters = convolutions.at(-1)!.filters;
  const stride = convolutions.reduce((product, { stride: own = 1 }) => product * own, 1);
  const shortcut =
    stride !== 1 || inputs !== filters
      ? convNormLayers({
          conv: `${name}.downsample.0`,
          norm: `${name}.downsample.1`,
          filters,
          kernelSize: 1,
          stride,
          useBias: false,
        })
      : (x: tf.SymbolicTensor) => x;
  const end = new AddRelu({ name: `${name}.relu` });
  return (x) => end.apply([layers.reduce((y, layer) => layer(y), x), shortcut(x)]) as tf.SymbolicTensor;
}
