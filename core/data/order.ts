import type { SampleGroup } from '../contracts/index.js';
import { Random } from '../random.js';

/** What decides which samples stand together in an epoch's batches. */
export interface OrderOptions {
  /** Samples in the split. */
  readonly length: number;
  /** See `Split.groups`; absent = one group of all. */
  readonly groups?: readonly SampleGroup[] | undefined;
  readonly batchSize: number;
  /** Leave out a batch of a single sample beside larger ones: it has no batch statistics to speak of. */
  readonly dropLone?: boolean | undefined;
}

/** Batches in an epoch. */
export function batchCount(options: OrderOptions): number {
  return groupsOf(options).reduce((sum, { length }) => sum + countOf(length, options), 0);
}

/**
 * The samples of each batch of an epoch: every sample once, those of a group only beside their own. They depend on seed
 * and epoch alone.
 * @param shuffled in another random order every epoch; in the split's own order where undefined
 */
export function epochOrder(
  options: OrderOptions,
  shuffled?: { readonly seed: number; readonly epoch: number },
): readonly Uint32Array[] {
  const groups = groupsOf(options);
  const random = shuffled && new Random(shuffled.seed, 'shuffle', shuffled.epoch);
  const batches = groups.flatMap(({ start, length }) => {
    const order = random ? random.permutation(length) : Uint32Array.from({ length }, (_, index) => index);
    return Array.from({ length: countOf(length, options) }, (_, batch) =>
      order
        .subarray(batch * options.batchSize, (batch + 1) * options.batchSize)
        .map((index) => start + index),
    );
  });
  // With one group its samples are in random order already.
  if (!random || groups.length === 1) return batches;
  return Array.from(random.permutation(batches.length), (index) => batches[index]!);
}

function groupsOf({ groups, length }: OrderOptions): readonly SampleGroup[] {
  return groups ?? [{ start: 0, length }];
}

function countOf(length: number, { batchSize, dropLone }: OrderOptions): number {
  const lone = dropLone === true && batchSize > 1 && length % batchSize === 1;
  return Math.ceil(length / batchSize) - (lone ? 1 : 0);
}
