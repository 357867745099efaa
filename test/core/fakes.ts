import { z } from 'zod';
import { definePart, definePlugin, MtlError, partSpec, Registry, type Plugin } from '../../core/index.js';

/** A part of any kind with these options, for tests that never make it. */
export function fakePart<Options extends z.ZodType = z.ZodObject>(options?: Options) {
  return definePart({
    description: 'A part for tests.',
    options: options ?? z.strictObject({}),
    create: (): never => {
      throw new Error('a part for tests is not for use');
    },
  });
}

/** Every part that a config names by default, and a few to choose from. */
export const fakePlugin: Plugin = definePlugin({
  name: 'fakes',
  tasks: {
    segmentation: fakePart(z.strictObject({ loss: partSpec('loss').default('crossEntropy') })),
    depth: fakePart(
      z.strictObject({
        loss: partSpec('loss').default('l1').describe('Against the labels.'),
        metrics: z.array(partSpec('metric')).default(['rmse']),
        unit: z.enum(['m', '1/m']).default('m'),
      }),
    ),
  },
  backbones: {
    resnet18: fakePart(z.strictObject({ weights: z.string().optional() })),
    resnet34: fakePart(
      z.strictObject({ weights: z.string().optional(), dilated: z.boolean().default(false) }),
    ),
  },
  architectures: { shared: fakePart(), single: fakePart() },
  transferNets: { ttnet: fakePart(z.strictObject({ width: z.int().min(1).default(16) })) },
  losses: {
    l1: fakePart(z.strictObject({ reduction: z.enum(['batch', 'image']).default('batch') })),
    crossEntropy: fakePart(),
    sum: fakePart(z.strictObject({ of: z.array(partSpec('loss')).min(1) })),
    xtc: fakePart(),
  },
  weighters: { equal: fakePart(), uncertainty: fakePart() },
  datasets: {
    scenes: fakePart(
      z.strictObject({ size: z.tuple([z.int().min(32), z.int().min(32)]).default([64, 128]) }),
    ),
    folders: fakePart(z.strictObject({ root: z.string(), classes: z.int().min(2) })),
  },
  engines: { wasm: fakePart(z.strictObject({ threads: z.int().min(1).optional() })) },
  optimizers: {
    adam: fakePart(
      z.strictObject({
        lr: z.number().positive().default(1e-3),
        betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.999]),
      }),
    ),
    sgd: fakePart(z.strictObject({ lr: z.number().positive() })),
  },
  metrics: { rmse: fakePart(), miou: fakePart(z.strictObject({ classes: z.int().min(2) })) },
  presets: {
    base: {
      dataset: { name: 'scenes', size: [32, 64] },
      tasks: { segmentation: {}, depth: { loss: 'l1' } },
      train: { epochs: 10, optimizer: { name: 'adam', lr: 0.001 } },
    },
    small: { extends: 'base', backbone: 'resnet18', train: { epochs: 2 } },
  },
});

export function fakeRegistry(...others: Plugin[]): Registry {
  return new Registry([fakePlugin, ...others]);
}

/** The error that something ends with. */
export async function failureOf(action: () => unknown): Promise<MtlError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof MtlError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
