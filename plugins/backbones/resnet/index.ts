import { resolve } from 'node:path';
import { z } from 'zod';
import {
  definePart,
  heNormalFanOut,
  initialize,
  requireMultiples,
  tokens,
  type Backbone,
  type PartContext,
} from '../../../core/index.js';
import { resnetEncoder } from './encoder.js';
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

class ResNet implements Backbone {
  readonly channels: readonly number[];
  readonly strides = [2, 4, 8, 16, coarsestStride];

  constructor(
    private readonly layout: ResNetLayout,
    private readonly width: number,
    private readonly weights: string | undefined,
  ) {
    const stages = [1, 2, 4, 8].map((factor) => width * factor * expansion[layout.block]);
    this.channels = [width, ...stages];
  }

  build({ size, name, seed, initialize: fresh }: PartContext) {
    requireMultiples(size, coarsestStride, 'a ResNet');
    const model = resnetEncoder(size, this.layout, this.width, name);
    if (fresh && this.weights) loadPretrained(name, model, this.weights);
    else if (fresh) initialize(name, model, heNormalFanOut, seed);
    return model;
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
