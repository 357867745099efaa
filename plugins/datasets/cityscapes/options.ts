import { z } from 'zod';
import { cities } from './cities.js';

const side = z.int().min(1).max(16384);

export const labelNames = ['segmentation', 'depth'] as const;

export const cityscapesOptions = z
  .strictObject({
    root: z.string().min(1).default('.'),
    size: z.tuple([side, side]).default([128, 256]),
    classes: z.literal([7, 19]).default(7),
    labels: z
      .array(z.enum(labelNames))
      .min(1)
      .default([...labelNames]),
    depth: z.enum(['inverse', 'metres']).default('inverse'),
    maxDepth: z.number().positive().optional(),
    holdOut: z.array(z.enum(cities.train)).min(1).optional(),
    format: z.enum(['auto', 'official', 'npy']).default('auto'),
    allowMissing: z.boolean().default(false),
  })
  .check(({ value, issues }) => {
    if (value.maxDepth !== undefined && value.depth === 'inverse') {
      const message = 'depth: metres beside it; inverse depth has no greatest distance';
      issues.push({ code: 'custom', input: value, path: ['maxDepth'], message });
    }
  });

export type CityscapesOptions = z.output<typeof cityscapesOptions>;
