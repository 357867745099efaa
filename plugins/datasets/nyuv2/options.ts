import { z } from 'zod';

const side = z.int().min(1).max(16384);
const sign = z.literal([1, -1]);

export const labelNames = ['segmentation', 'depth'] as const;

export const nyuv2Options = z.strictObject({
  root: z.string().min(1).default('.'),
  size: z.tuple([side, side]).default([288, 384]),
  classes: z.literal([13, 40]).default(13),
  labels: z.array(z.enum(labelNames)).default([...labelNames]),
  normals: z.enum(['none', 'fromDepth', 'files']).default('none'),
  normalSigns: z.tuple([sign, sign, sign]).default([1, 1, 1]),
  splits: z.string().min(1).default('splits.mat'),
  val: z
    .union([
      z.enum(['test', 'listed']),
      z.strictObject({ fraction: z.number().gt(0).lt(1), seed: z.int().min(0).default(0) }),
    ])
    .default('test'),
  format: z.enum(['auto', 'mat', 'npy']).default('auto'),
  allowMissing: z.boolean().default(false),
});

export type Nyuv2Options = z.output<typeof nyuv2Options>;
