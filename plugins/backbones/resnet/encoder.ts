import * as tf from '@tensorflow/tfjs';
import { AddRelu, convNorm, MaxPool2d, type Size } from '../../../core/index.js';
import { expansion, type ResNetLayout } from './layout.js';

interface BlockArgs {
  /** torchvision's name, e.g. `layer2.0`. */
  readonly name: string;
  readonly kind: ResNetLayout['block'];
  /** Channels of the stage; the block gives `expansion` times as many. */
  readonly channels: number;
  readonly stride: number;
}

/** A residual block; a bottleneck strides on its 3×3 convolution, as torchvision does ("v1.5"). */
function residualBlock(x: tf.SymbolicTensor, { name, kind, channels, stride }: BlockArgs): tf.SymbolicTensor {
  const out = channels * expansion[kind];
  const convs =
    kind === 'basic'
      ? [
          { filters: channels, kernelSize: 3, stride },
          { filters: out, kernelSize: 3 },
        ]
      : [
          { filters: channels, kernelSize: 1 },
          { filters: channels, kernelSize: 3, stride },
          { filters: out, kernelSize: 1 },
        ];
  let y = x;
  convs.forEach((args, index) => {
    const last = index === convs.length - 1;
    y = convNorm(y, {
      conv: `${name}.conv${index + 1}`,
      norm: `${name}.bn${index + 1}`,
      activation: last ? null : 'relu',
      useBias: false,
      ...args,
    });
  });
  const reshapes = stride !== 1 || x.shape.at(-1) !== out;
  const shortcut = reshapes
    ? convNorm(x, {
        conv: `${name}.downsample.0`,
        norm: `${name}.downsample.1`,
        filters: out,
        kernelSize: 1,
        stride,
        useBias: false,
      })
    : x;
  return new AddRelu({ name: `${name}.relu` }).apply([y, shortcut]) as tf.SymbolicTensor;
}

/**
 * ResNet (He et al. 2016) in torchvision's layout and layer names, without its classifier.
 * [batch, height, width, 3] → stem (before max-pooling) and layer1 … layer4, at strides 2, 4, 8, 16, 32.
 * @param width channels of the stem; 64 as published
 */
export function resnetEncoder(size: Size, layout: ResNetLayout, width: number, name: string): tf.LayersModel {
  const image = tf.input({ shape: [size.height, size.width, 3], name: 'image' });
  const stem = convNorm(image, {
    conv: 'conv1',
    norm: 'bn1',
    filters: width,
    kernelSize: 7,
    stride: 2,
    useBias: false,
    activation: 'relu',
  });
  let x = new MaxPool2d({ name: 'maxpool', poolSize: 3, stride: 2, padding: 1 }).apply(
    stem,
  ) as tf.SymbolicTensor;
  const features = [stem];
  layout.blocks.forEach((count, stage) => {
    for (let block = 0; block < count; block++) {
      x = residualBlock(x, {
        name: `layer${stage + 1}.${block}`,
        kind: layout.block,
        channels: width * 2 ** stage,
        stride: stage > 0 && block === 0 ? 2 : 1,
      });
    }
    features.push(x);
  });
  return tf.model({ inputs: image, outputs: features, name });
}
