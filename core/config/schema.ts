import { z } from 'zod';
import { partSpec, type Kind, type PartSpec } from '../registry/index.js';
import { isFragment, type Fragment } from './merge.js';
import { scheduleSchema } from '../training/schedule.js';

const fraction = z.number().min(0).max(1);

const consistencySchema = z.strictObject({
  loss: partSpec('loss').default('xtc').describe('xtc (cross-task consistency) or align.'),
  transferNet: partSpec('transferNet').default('ttnet').describe('The network on each edge.'),
  lambda: z
    .union([fraction, z.record(z.string(), fraction)])
    .default(0.01)
    .describe('λ: weight of the transferred terms, one for all tasks or one per task.'),
  edges: z
    .union([z.literal('all'), z.array(z.tuple([z.string(), z.string()])).min(1)])
    .default('all')
    .describe('Directed edges [from, to] of the transfer graph; all = both directions of every pair of tasks.'),
});

const augmentSchema = z.strictObject({
  flip: fraction.default(0.5).describe('Probability of a horizontal flip.'),
  scales: z.array(z.number().min(1)).min(1).default([1, 1.2, 1.5]).describe('A crop is magnified by one of these.'),
});

const earlyStoppingSchema = z.strictObject({
  patience: z.int().min(1).describe('Validations without a better result before the run stops.'),
  minDelta: z.number().min(0).default(0).describe('What counts as better.'),
});

const trainSchema = z.strictObject({
  epochs: z.int().min(1).default(100),
  batchSize: z.int().min(1).default(8),
  seed: z.int().default(0).describe('Governs initial values, order and augmentation.'),
  optimizer: partSpec('optimizer').default({ name: 'adam', lr: 1e-4, betas: [0.9, 0.99] }),
  schedule: scheduleSchema.default({ name: 'constant' }),
  clipNorm: z.number().positive().nullable().default(null).describe('Largest global norm of the gradients.'),
  augment: z.union([augmentSchema, z.literal(false)]).prefault({}),
  prefetch: z.int().min(1).default(4).describe('Batches prepared ahead.'),
  validateEvery: z.int().min(1).default(1).describe('Epochs between validations.'),
  checkpointEvery: z.int().min(1).nullable().default(null).describe('Steps between checkpoints within an epoch.'),
  best: z
    .string()
    .nullable()
    .default(null)
    .describe('TASK.METRIC that picks the best model; by default the mean gain over the trivial predictors (Δm).'),
  earlyStopping: earlyStoppingSchema.nullable().default(null),
});

/** A whole config, after presets and overrides are merged. */
export const configSchema = z.strictObject({
  engine: z
    .union([z.literal('auto'), partSpec('engine')])
    .default('auto')
    .describe('What computes; auto takes the fastest that works here.'),
  dataset: partSpec('dataset'),
  tasks: z
    .record(z.string().regex(/^[A-Za-z][\w]*$/, 'a name of letters, digits and _'), z.looseObject({ type: z.string().optional() }))
    .refine((tasks) => Object.keys(tasks).length > 0, 'at least one task')
    .describe('What to predict, by name; `type` names the task plugin where it is not the name itself.'),
  architecture: partSpec('architecture').default('shared'),
  backbone: partSpec('backbone').default('resnet34'),
  consistency: consistencySchema.nullable().default(null).describe('Absent or null: none.'),
  weighter: partSpec('weighter').default('uncertainty'),
  train: trainSchema.prefault({}),
  plugins: z.array(z.string()).default([]).describe('Plugins of others: paths or package names.'),
});

export type Config = z.output<typeof configSchema>;

/** The parts that a config names, with their key paths, as far as it has the shape to name them. */
export function configParts(raw: Fragment): { kind: Kind; path: string; spec: PartSpec }[] {
  const group = (value: unknown): Fragment => (isFragment(value) ? value : {});
  const [consistency, train, tasks] = [group(raw.consistency), group(raw.train), group(raw.tasks)];
  const named: [kind: Kind, path: string, spec: unknown][] = [
    ['engine', 'engine', raw.engine === 'auto' ? undefined : raw.engine],
    ['dataset', 'dataset', raw.dataset],
    ['architecture', 'architecture', raw.architecture],
    ['backbone', 'backbone', raw.backbone],
    ['loss', 'consistency.loss', consistency.loss],
    ['transferNet', 'consistency.transferNet', consistency.transferNet],
    ['weighter', 'weighter', raw.weighter],
    ['optimizer', 'train.optimizer', train.optimizer],
    ...Object.entries(tasks).map(([name, task]): [Kind, string, unknown] => [
      'task',
      `tasks.${name}`,
      isFragment(task) ? taskSpec(name, task) : undefined,
    ]),
  ];
  return named.flatMap(([kind, path, spec]) => (isSpec(spec) ? [{ kind, path, spec }] : []));
}

/** A task's entry as a part: its `type`, or else its name, is the plugin's. */
export function taskSpec(name: string, { type = name, ...options }: { readonly type?: unknown }): PartSpec {
  return { name: type as string, ...options };
}

function isSpec(value: unknown): value is PartSpec {
  return typeof value === 'string' || (isFragment(value) && typeof value.name === 'string');
}
