import type * as tf from '@tensorflow/tfjs';

/** The processes that train together meet here, and this one is one of them. */
export interface WorldSettings {
  /** From 0; rank 0 alone writes. */
  readonly rank: number;
  /** How many ranks there are, at least 2. */
  readonly size: number;
  /** Where rank 0 is, a name or an address. */
  readonly host: string;
  readonly port: number;
  /** Whether the launcher keeps the store in which the ranks meet, as torchrun does; else rank 0 does. */
  readonly launcherKeepsStore: boolean;
  /** Tells this world from others in the same store. */
  readonly name: string;
  /** How long a rank waits for another one in the midst of the work, ms. */
  readonly timeout: number;
  /** How long it waits for all to come at the start, ms. */
  readonly startTimeout: number;
}

/** An average over the ranks that is under way. */
export interface Averaging {
  /**
   * Waits for it. May be called once.
   * @returns float32 in the shapes that were given, to the bit the same on every rank; the caller's
   * @throws MtlError `RANK_LOST` naming the rank that failed, hangs or is gone
   */
  finish(): tf.Tensor[];
}

/**
 * Processes that train together, each with its part of every batch. All ranks call the same things in the same order.
 * What exchanges tensors blocks, as it is part of a step; what exchanges texts does not.
 */
export interface World {
  readonly rank: number;
  readonly size: number;
  /**
   * Starts averaging tensors over the ranks, which goes on while this rank computes. They may be disposed at once.
   * @param precision what they travel as
   */
  average(tensors: readonly tf.Tensor[], precision: 'float32' | 'bf16'): Averaging;
  /** Rank 0's values of tensors that every rank has in the same shapes; the caller's. */
  broadcast(tensors: readonly tf.Tensor[]): tf.Tensor[];
  /**
   * Every rank's text, by rank.
   * @throws MtlError `RANK_LOST`
   */
  gather(text: string): Promise<readonly string[]>;
  /**
   * Ends this rank's part. Rank 0 waits for the others to do so, too.
   * @param failure why this rank gives up: it ends the others, who tell it
   */
  leave(failure?: string): Promise<void>;
}
