import type * as tf from '@tensorflow/tfjs';
import type { World } from '../contracts/index.js';

/** How ranks work together. */
export interface WorldUse {
  readonly world: World;
  /** Batch norm by the statistics of all ranks' samples; else of each rank's own. */
  readonly syncBatchNorm: boolean;
  /** What gradients travel as. */
  readonly gradients: 'float32' | 'bf16';
}

/** Which samples of a batch are this rank's. */
export interface BatchPart {
  /** The first one's place in the whole batch. */
  readonly first: number;
  /** How many; 0 where the batch has fewer samples than there are ranks. The rank then computes on one that counts nothing. */
  readonly count: number;
  /** Samples in the whole batch. */
  readonly of: number;
}

let current: WorldUse | undefined;
let part: BatchPart | undefined;

/** The ranks that this process trains with; undefined where it trains alone. */
export function currentWorld(): WorldUse | undefined {
  return current;
}

/** Makes this process one of several ranks for as long as something takes. */
export async function amongRanks<T>(use: WorldUse, run: () => Promise<T>): Promise<T> {
  current = use;
  try {
    return await run();
  } finally {
    current = undefined;
  }
}

/** Runs something, a forward pass, on this rank's part of a batch. */
export function onPart<T>(of: BatchPart | undefined, run: () => T): T {
  part = of;
  try {
    return run();
  } finally {
    part = undefined;
  }
}

/** The part of the batch that the forward pass under way is on; undefined where it is on all of it. */
export function currentPart(): BatchPart | undefined {
  return part;
}

/**
 * The mean over the ranks of values that every rank computes from its part of the batch; alone, the values themselves.
 * No gradient passes: it is for what a loss is divided by, and the like.
 */
export function meanOverRanks<T extends tf.Tensor>(x: T): T {
  return meansOverRanks([x])[0]!;
}

/** The same of several at once, in one exchange. */
export function meansOverRanks<T extends tf.Tensor>(values: readonly T[]): readonly T[] {
  return current ? (current.world.average(values, 'float32').finish() as T[]) : values;
}

/** The samples of a batch that are a rank's: as many as everyone else's, or one more. */
export function partOf(of: number, { rank, size }: Pick<World, 'rank' | 'size'>): BatchPart {
  const first = Math.floor((rank * of) / size);
  return { first, count: Math.floor(((rank + 1) * of) / size) - first, of };
}
