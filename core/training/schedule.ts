import { z } from 'zod';

const warmup = z
  .strictObject({
    epochs: z.number().positive().describe('Length of the warm-up; parts of an epoch are fine.'),
    start: z.number().positive().max(1).default(0.1).describe('Factor that it starts from.'),
  })
  .optional()
  .describe('Rises linearly to the full learning rate; the schedule begins where it ends.');

const minFactor = z.number().min(0).max(1).default(0).describe('Factor at the end.');

/** How the learning rate goes over the epochs. */
export const scheduleSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('constant'), warmup }),
  z.strictObject({
    name: z.literal('step'),
    every: z.int().positive().describe('Epochs from one drop to the next.'),
    factor: z.number().positive().max(1).describe('What a drop multiplies the learning rate by.'),
    warmup,
  }),
  z.strictObject({ name: z.literal('cosine'), minFactor, warmup }),
  z.strictObject({
    name: z.literal('polynomial'),
    power: z.number().positive().default(0.9),
    minFactor,
    warmup,
  }),
]);

/** What a config says under `train.schedule`. */
export type Schedule = z.output<typeof scheduleSchema>;

/** A point in a training run. */
export interface TrainingPosition {
  /** Epochs done, from 0; fractional within one. */
  readonly epoch: number;
  /** Epochs of the whole run. */
  readonly epochs: number;
}

/**
 * What to multiply the learning rate by at a point of the run, in [0, 1]. It depends on the position alone, so
 * that a resumed run needs nothing saved. With e epochs done after a warm-up of w epochs and
 * x = e / (epochs − w), at most 1:
 *
 * - warm-up (Goyal et al. 2017): start + (1 − start) · epoch / w, for epoch < w
 * - constant: 1
 * - step: factor^⌊e / every⌋
 * - cosine (Loshchilov & Hutter 2017, without restarts): min + (1 − min) · (1 + cos πx) / 2
 * - polynomial (Chen et al. 2017): min + (1 − min) · (1 − x)^power
 */
export function learningRateFactor(schedule: Schedule, { epoch, epochs }: TrainingPosition): number {
  const { epochs: warmupEpochs, start } = schedule.warmup ?? { epochs: 0, start: 1 };
  if (epoch < warmupEpochs) return start + ((1 - start) * epoch) / warmupEpochs;
  const since = epoch - warmupEpochs;
  const progress = epoch < epochs ? since / (epochs - warmupEpochs) : 1;
  switch (schedule.name) {
    case 'constant':
      return 1;
    case 'step':
      return schedule.factor ** Math.floor(since / schedule.every);
    case 'cosine':
      return between(schedule.minFactor, (1 + Math.cos(Math.PI * progress)) / 2);
    case 'polynomial':
      return between(schedule.minFactor, (1 - progress) ** schedule.power);
  }
}

/** From `low` at 0 to 1 at 1. */
function between(low: number, position: number): number {
  return low + (1 - low) * position;
}
