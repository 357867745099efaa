import type { LabelInfo, Sample, Split, Task } from '../contracts/index.js';
import { badValue } from '../errors.js';
import { Random } from '../random.js';
import { augment, type AugmentOptions } from './augment.js';
import { collate, type HostBatch } from './collate.js';

/** Which batches to load, and how. */
export interface BatchesOptions {
  readonly split: Split;
  readonly tasks: readonly Task[];
  /** What the split's labels mean, see `Dataset.labels`. */
  readonly labels: Readonly<Record<string, LabelInfo>>;
  readonly batchSize: number;
  readonly seed: number;
  readonly epoch: number;
  /** In another random order every epoch; in the split's own order where false. */
  readonly shuffle: boolean;
  /** Samples are given as they are where absent. */
  readonly augment?: AugmentOptions | undefined;
  /** The first batch to give, for resuming an epoch. Default 0. */
  readonly startBatch?: number | undefined;
  /** Batches that may be loading, or be loaded and waiting, at once; 0 = none ahead of their turn. Default 2. */
  readonly prefetch?: number | undefined;
  /** Leave out a last batch that is smaller than the others. Default false. */
  readonly dropLast?: boolean | undefined;
}

/** Batches in an epoch. */
export function batchCount(length: number, batchSize: number, dropLast = false): number {
  return dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
}

/**
 * The batches of one epoch, loaded ahead. What they hold depends on seed, epoch and position alone, so that neither
 * timing nor prefetch nor a resume at `startBatch` changes anything.
 *
 * A sample that cannot be loaded makes the iteration throw at its batch, after all batches before it were given.
 * When the iteration ends, or is left early, nothing of it is running any more.
 * @throws MtlError whatever the split, the augmentation or `collate` throw; `RUN_INVALID` where `startBatch` lies
 *   beyond the epoch
 */
export async function* batches(options: BatchesOptions): AsyncGenerator<HostBatch, void, undefined> {
  const { split, batchSize, startBatch = 0, prefetch = 2 } = options;
  const count = batchCount(split.length, batchSize, options.dropLast);
  if (startBatch > count) {
    throw badValue('RUN_INVALID', {
      what: 'the batch to resume at',
      expected: `at most ${count}, the batches in an epoch`,
      found: String(startBatch),
      fix: 'resume with the data set and the batch size that the run was started with',
    });
  }
  const order = epochOrder(options);
  const loading: Promise<HostBatch>[] = [];
  let next = startBatch;
  let failed = false;
  const loadAhead = (depth: number): void => {
    while (loading.length < depth && next < count && !failed) {
      const indices = order.subarray(next * batchSize, ++next * batchSize);
      const batch = loadBatch(indices, options);
      // Also marks the rejection as seen: it is thrown only when the batch's turn comes.
      batch.catch(() => {
        failed = true;
      });
      loading.push(batch);
    }
  };
  try {
    for (let given = startBatch; given < count; given++) {
      loadAhead(Math.max(1, prefetch));
      const batch = await loading[0]!;
      // Not before it is there: while awaited it counts as one that is loading.
      void loading.shift();
      loadAhead(prefetch);
      yield batch;
    }
  } finally {
    await Promise.allSettled(loading);
  }
}

function epochOrder({ split, seed, epoch, shuffle }: BatchesOptions): Uint32Array {
  return shuffle
    ? new Random(seed, 'shuffle', epoch).permutation(split.length)
    : Uint32Array.from({ length: split.length }, (_, index) => index);
}

async function loadBatch(indices: Uint32Array, options: BatchesOptions): Promise<HostBatch> {
  const loads = Array.from(indices, (index) => loadSample(index, options));
  // Settled first: an error is told only when none of the batch's samples is being read any more.
  await Promise.allSettled(loads);
  const samples = await Promise.all(loads);
  return collate(samples, options.tasks);
}

async function loadSample(index: number, options: BatchesOptions): Promise<Sample> {
  const { split, labels, seed, epoch } = options;
  const sample = await split.sample(index);
  if (!options.augment) return sample;
  return augment(sample, labels, new Random(seed, 'augment', epoch, index), options.augment);
}
