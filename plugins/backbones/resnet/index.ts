import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  definePart,
  heNormalFanOut,
  initialize,
  requireMultiples,
  tokens,
  type Backbone,
  type BackboneSection,
  type PartContext,
  type SectionedEncoder,
  type Size,
} from '../../../core/index.js';
import { resnetSections } from './encoder.js';
import { expansion, layouts, type ResNetLayout } from './layout.js';
import { loadPretrained } from './pretrained.js';

const options = z.strictObject({
  weights: z
    .string()
    .optional()
    .describe('A .safetensors file with torchvision’s names, e.g. of an encoder trained on ImageNet.'),
  width: z.int().min(1).default(64).describe('Channels of the stem; 64 as published.'),
});

const coarsestStride = 32;

class ResNet implements Backbone, SectionedEncoder {
  readonly channels: readonly number[];
  readonly strides = [2, 4, 8, 16, coarsestStride];
  readonly sections: readonly BackboneSection[];
  readonly sectioned = this;

  constructor(
    layout: ResNetLayout,
    width: number,
    private readonly weights: string | undefined,
  ) {
    const stages = [1, 2, 4, 8].map((factor) => width * factor * expansion[layout.block]);
    this.channels = [width, ...stages];
    this.sections = resnetSections(layout, width);
  }

  input({ height, width }: Size): tf.SymbolicTensor {
    requireMultiples({ height, width }, coarsestStride, 'a ResNet');
    return tf.input({ shape: [height, width, 3], name: 'image' });
  }

  build(context: PartContext): tf.LayersModel {
    const image = this.input(context.size);
    const outputs: tf.SymbolicTensor[] = [];
    for (const section of this.sections) outputs.push(section.build(outputs.at(-1) ?? image, '').at(-1)!);
    const model = tf.model({ inputs: image, outputs, name: context.name });
    this.initialize(model, context, ['']);
    return model;
  }

  initialize(
    part: tf.LayersModel,
    { seed, initialize: fresh }: PartContext,
    prefixes: readonly string[],
  ): void {
    if (!fresh) return;
    if (this.weights === undefined) initialize(part.name, part, heNormalFanOut, seed);
    else for (const prefix of prefixes) loadPretrained(part, prefix, this.weights);
  }
}

function resnet(name: keyof typeof layouts) {
  return definePart({
    description: `ResNet-${name.slice(6)} image encoder (He et al. 2016) in torchvision's layout.`,
    options,
    create: ({ width, weights }, deps): Backbone =>
      new ResNet(
        layouts[name],
        width,
        weights === undefined ? undefined : resolve(deps.get(tokens.baseFolder), weights),
      ),
  });
}

/** `resnet18` … `resnet152`. */
export const resnets = {
  resnet18: resnet('resnet18'),
  resnet34: resnet('resnet34'),
  resnet50: resnet('resnet50'),
  resnet101: resnet('resnet101'),
  resnet152: resnet('resnet152'),
};
