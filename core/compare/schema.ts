import { z } from 'zod';

const fragment = z
  .record(z.string(), z.unknown())
  .describe('Written like a config file; `extends` names presets and config files.');

const labels = z.record(z.string().min(1), fragment);

/** `TASK.METRIC`; a metric's name may have dots of its own. */
const metricKey = z.string().regex(/^\w+\../, 'TASK.METRIC, e.g. depth.absolute');

const metricSchema = z.union([
  metricKey,
  z.strictObject({
    metric: metricKey.describe('TASK.METRIC'),
    label: z.string().min(1).optional().describe('What tables call it; by default its name.'),
    percent: z.boolean().default(false).describe('Whether tables show a fraction in percent.'),
  }),
]);

const publishedSchema = z.strictObject({
  source: z.string().min(1).describe('Who published it and on which data, e.g. paper, Cityscapes.'),
  rows: z.array(
    z.strictObject({
      labels: z.array(z.string().min(1)).min(1).describe('One per axis.'),
      parameters: z.number().positive().nullable().default(null),
      values: z
        .record(metricKey, z.number())
        .default({})
        .describe('In the metric’s own unit: 0.5, not 50 %.'),
      deltaM: z.number().nullable().default(null).describe('Percent.'),
    }),
  ),
});

const seedList = z.array(z.int()).min(1);

/** A whole comparison, after what it extends is merged. */
export const comparisonSchema = z.strictObject({
  title: z.string().nullable().default(null).describe('Above the tables.'),
  base: fragment.default({}).describe('What all rows share.'),
  axes: z.record(z.string().min(1), labels).default({}).describe('Named choices; their product gives rows.'),
  rows: labels.default({}).describe('Rows by themselves, above those of the axes.'),
  seeds: z
    .union([z.int().min(1).max(1000), seedList])
    .default(1)
    .transform((seeds) =>
      typeof seeds === 'number' ? Array.from({ length: seeds }, (_, seed) => seed) : seeds,
    )
    .describe('How many (0, 1, …), or a list.'),
  baseline: z.string().nullable().default(null).describe('The row that Δm is taken against.'),
  split: z.enum(['val', 'test']).default('val').describe('What the best model is measured on.'),
  metrics: z.array(metricSchema).min(1).nullable().default(null).describe('Columns; by default all metrics.'),
  published: z.array(publishedSchema).default([]).describe('Rows of others, to stand beside.'),
  // Worked off before; named here for messages about mistyped keys.
  extends: z.never().optional(),
  $schema: z.string().optional(),
});

/** A checked comparison. */
export type Comparison = z.output<typeof comparisonSchema>;
