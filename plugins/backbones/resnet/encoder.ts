import type * as tf from '@tensorflow/tfjs';
import { convNorm, MaxPool2d, residualBlock, type BackboneSection } from '../../../core/index.js';
import { expansion, type ResNetLayout } from './layout.js';

/** A block's convolutions; a bottleneck strides on its 3×3 convolution, as torchvision does ("v1.5"). */
function convolutionsOf(kind: ResNetLayout['block'], channels: number, stride: number) {
  const out = channels * expansion[kind];
  return kind === 'basic'
    ? [
        { filters: channels, kernelSize: 3, stride },
        { filters: out, kernelSize: 3 },
      ]
    : [
        { filters: channels, kernelSize: 1 },
        { filters: channels, kernelSize: 3, stride },
        { filters: out, kernelSize: 1 },
      ];
}

/** The 7×7 convolution, before max-pooling. */
function stem(filters: number): BackboneSection {
  return {
    build(image, prefix) {
      const names = { conv: `${prefix}conv1`, norm: `${prefix}bn1` };
      const shape = { filters, kernelSize: 7, stride: 2 };
      return [convNorm(image, { ...names, ...shape, useBias: false, activation: 'relu' })];
    },
  };
}

function maxPool(map: tf.SymbolicTensor, prefix: string): tf.SymbolicTensor {
  const pool = new MaxPool2d({ name: `${prefix}maxpool`, poolSize: 3, stride: 2, padding: 1 });
  return pool.apply(map) as tf.SymbolicTensor;
}

/** Residual blocks, before the first ones max-pooling. @param index of the stage, from 0 */
function stage(layout: ResNetLayout, width: number, index: number): BackboneSection {
  return {
    build(map, prefix) {
      let x = index === 0 ? maxPool(map, prefix) : map;
      const maps: tf.SymbolicTensor[] = [];
      for (let block = 0; block < layout.blocks[index]!; block++) {
        const stride = index > 0 && block === 0 ? 2 : 1;
        x = residualBlock({
          name: `${prefix}layer${index + 1}.${block}`,
          inputs: x.shape.at(-1)!,
          convolutions: convolutionsOf(layout.block, width * 2 ** index, stride),
        })(x);
        maps.push(x);
      }
      return maps;
    },
  };
}

/**
 * ResNet (He et al. 2016) in torchvision's layout and layer names, without its classifier, section by section:
 * [batch, height, width, 3] → stem (before max-pooling) and layer1 … layer4, at strides 2, 4, 8, 16, 32.
 * @param width channels of the stem; 64 as published
 */
export function resnetSections(layout: ResNetLayout, width: number): readonly BackboneSection[] {
  return [stem(width), ...layout.blocks.map((_, index) => stage(layout, width, index))];
}
