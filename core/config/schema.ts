import { z } from 'zod';
import { nestedParts, partSpec, type NestedPart, type PartSpec } from '../registry/index.js';
import { isFragment, type Fragment } from './merge.js';
import { resolutions } from '../model/transfer-edge.js';
import { scheduleSchema } from '../training/schedule.js';

const fraction = z.number().min(0).max(1);

const consistencySchema = z.strictObject({
  loss: partSpec('loss').default('xtc').describe('xtc (cross-task consistency) or align.'),
  transferNet: partSpec('transferNet').default('ttnet').describe('The network on each edge.'),
  lambda: z
    .union([fraction, z.record(z.string(), fraction)])
    .default(0.01)
    .describe('λ: weight of the transferred terms, one for all tasks or one per task.'),
  warmup: z
    .number()
    .min(0)
    .default(0)
    .describe('Epochs, parts of one are fine, in which λ grows from 0 at the first step to its value.'),
  edges: z
    .union([
      z.literal('all'),
      z.literal('ring'),
      z.strictObject({ name: z.literal('hub'), task: z.string() }),
      z.array(z.tuple([z.string(), z.string()])).min(1),
    ])
    .default('all')
    .describe(
      'Directed edges [from, to] of the transfer graph; or all = both directions of every pair of tasks, ring = from each ' +
        'task to the next, in their order, and from the last to the first; or { name: hub, task: TASK } = both directions between ' +
        'it and every other.',
    ),
  resolution: z
    .literal(resolutions)
    .default(1)
    .describe('Share of the image’s height and width at which the transfer nets run.'),
  cycles: z
    .number()
    .min(0)
    .default(0)
    .describe(
      'γ: weight, beside the edges, of the round trips from a task to another and back; 0 = none are made.',
    ),
});

const augmentSchema = z.strictObject({
  flip: fraction.default(0.5).describe('Probability of a horizontal flip.'),
  scales: z
    .array(z.number().min(1))
    .min(1)
    .default([1, 1.2, 1.5])
    .describe('A crop is magnified by one of these.'),
});

const earlyStoppingSchema = z.strictObject({
  patience: z.int().min(1).describe('Validations without a better result before the run stops.'),
  minDelta: z.number().min(0).default(0).describe('What counts as better.'),
});

const trainSchema = z.strictObject({
  epochs: z.int().min(1).default(100),
  batchSize: z
    .int()
    .min(1)
    .default(8)
    .describe('Images of one update; several ranks share them, so that their number changes no result.'),
  seed: z.int().default(0).describe('Governs initial values, order and augmentation.'),
  optimizer: partSpec('optimizer').default({ name: 'adam', lr: 1e-4, betas: [0.9, 0.99] }),
  schedule: scheduleSchema.default({ name: 'constant' }),
  clipNorm: z.number().positive().nullable().default(null).describe('Largest global norm of the gradients.'),
  augment: z.union([augmentSchema, z.literal(false)]).prefault({}),
  nonFinite: z
    .enum(['stop', 'skip', 'rollback'])
    .default('stop')
    .describe(
      'What a loss or gradient that is no number does: stop the run; be passed over, without an update (skip); or take ' +
        'the run back to its last checkpoint’s state, from where it goes on past the batch at half the rate (rollback).',
    ),
  maxRollbacks: z.int().min(1).default(3).describe('How often a run goes back before it stops.'),
  diagnostics: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Steps between comparisons of the tasks’ gradients: norms, cosines, conflicts. They cost a pass a task.',
    ),
  validateEvery: z.int().min(1).default(1).describe('Epochs between validations.'),
  checkpointEvery: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Steps between checkpoints within an epoch.'),
  keepEvery: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Steps between checkpoints that are kept, as step-NUMBER.safetensors.'),
  best: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'TASK.METRIC that picks the best model; by default the mean gain over the trivial predictors (Δm).',
    ),
  earlyStopping: earlyStoppingSchema.nullable().default(null),
});

const loaderSchema = z.strictObject({
  workers: z
    .union([z.literal('auto'), z.int().min(0).max(64)])
    .default('auto')
    .describe(
      'Threads that decode, vary and prepare samples; 0 = the main thread. auto: one per core but one, at most 4, and ' +
        'none for small data sets.',
    ),
  prefetch: z.int().min(1).default(4).describe('Batches prepared ahead.'),
  memory: z.int().min(0).default(128).describe('MiB of decoded samples kept in memory.'),
  cache: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Folder for decoded and resized samples, which spares decoding them again; null = none.'),
  onBadSample: z
    .enum(['stop', 'skip'])
    .default('stop')
    .describe('What a sample that cannot be loaded does: stop the run, or be left out and counted.'),
  maxBadSamples: fraction
    .default(0.01)
    .describe('Share of a split’s samples that may be left out before the run stops.'),
});

const distributedSchema = z.strictObject({
  syncBatchNorm: z
    .boolean()
    .default(false)
    .describe('Batch norm by the statistics of all ranks’ samples; else each rank’s by those of its own.'),
  gradients: z
    .enum(['float32', 'bf16'])
    .default('float32')
    .describe('What gradients travel as between ranks; bf16 is half as much and rounds them to 8 bits.'),
  timeout: z
    .number()
    .min(2)
    .default(300)
    .describe('Seconds that a rank waits for another one in the midst of the work, before all end.'),
  startTimeout: z
    .number()
    .min(2)
    .default(300)
    .describe('Seconds that it waits for all to come at the start.'),
});

const logSchema = z.strictObject({
  tensorboard: z
    .boolean()
    .default(false)
    .describe('Write the run as TensorBoard event files, too, in its folder tensorboard/.'),
});

const taskName = /^[A-Za-z]\w*$/;

const taskSchema = z.looseObject({ type: z.string().optional() }).refine((task) => !('name' in task), {
  path: ['name'],
  error: 'no such key: its key is a task’s name, and `type` names its plugin',
});

/** A whole config, after presets and overrides are merged. */
export const configSchema = z.strictObject({
  engine: z
    .union([z.literal('auto'), partSpec('engine')])
    .default('auto')
    .describe('What computes; auto takes the fastest that works here.'),
  dataset: partSpec('dataset'),
  tasks: z
    .record(z.string().regex(taskName, 'names of letters, digits and _, a letter first'), taskSchema)
    .refine(
      (tasks) => Object.keys(tasks).length > 0,
      'at least one task, e.g. { depth: {} } (null is how a task of a preset is left out)',
    )
    .describe('What to predict, by name; `type` names the task plugin where it is not the name itself.'),
  architecture: partSpec('architecture').default('shared'),
  backbone: partSpec('backbone').default('resnet34'),
  consistency: consistencySchema.nullable().default(null).describe('Absent or null: none.'),
  init: z
    .string()
    .optional()
    .describe(
      'A .safetensors file of a whole model, of `mtl export --format safetensors`, whose weights the training starts from.',
    ),
  auxiliary: z
    .array(partSpec('auxiliary'))
    .default([])
    .describe('What adds terms to the tasks’ losses while training, e.g. kd4mtl; gone in use.'),
  weighter: partSpec('weighter').default('uncertainty'),
  train: trainSchema.prefault({}),
  loader: loaderSchema.prefault({}).describe('How data come to the network; changes no number.'),
  distributed: distributedSchema
    .prefault({})
    .describe('How several processes train together, where a launcher or `mtl train --nproc` starts them.'),
  log: logSchema
    .prefault({})
    .describe('What is written down of a run besides its events; changes no number.'),
  plugins: z.array(z.string()).default([]).describe('Plugins of others: paths or package names.'),
  // Worked off before a config is checked; named here for messages about mistyped keys.
  extends: z.never().optional(),
  $schema: z.string().optional().describe('For editors: where the JSON schema of a config is.'),
});

/** A whole config: presets and overrides merged, defaults filled in. */
export type Config = z.output<typeof configSchema>;

interface ConfigPart extends NestedPart {
  /** See `Registry.problems`. */
  readonly naming?: { readonly path?: string; readonly hint?: string };
}

/** The parts that a config names, with their key paths, as far as it has the shape to name them. */
export function configParts(config: Fragment): readonly ConfigPart[] {
  const parts = nestedParts(configSchema, config, '').map((part) =>
    part.kind === 'engine'
      ? { ...part, naming: { hint: '`engine: auto` takes the fastest that works here' } }
      : part,
  );
  return [...parts, ...Object.entries(isFragment(config.tasks) ? config.tasks : {}).flatMap(taskPart)];
}

function taskPart([name, task]: [string, unknown]): ConfigPart[] {
  if (!taskName.test(name) || !isFragment(task)) return [];
  const path = `tasks.${name}`;
  const part = { kind: 'task', path, spec: taskSpec(name, task) } as const;
  if (typeof task.type === 'string') return [{ ...part, naming: { path: `${path}.type` } }];
  const hint = 'a task by another name gives its plugin as `type`';
  return task.type === undefined ? [{ ...part, naming: { path, hint } }] : [];
}

/** A task's entry as a part: its `type`, or else its name, is the plugin's. */
export function taskSpec(name: string, { type = name, ...options }: { readonly type?: unknown }): PartSpec {
  return { ...options, name: type as string };
}
