import type * as tf from '@tensorflow/tfjs';

/** The processes that work together meet here, and this one is one of them. */
export interface WorldSettings {
  /** From 0; rank 0 keeps what they share. */
  readonly rank: number;
  /** How many ranks there are, at least 2. */
  readonly size: number;
  /** How many consecutive ranks train together, a divisor of `size`; `size` itself where all do. */
  readonly group: number;
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

/** What all ranks share where they train in groups. Nothing here waits for a rank, but for `gather`. */
export interface Groups {
  /** This group's first rank, which leads it, among all ranks. */
  readonly leader: number;
  /**
   * Every rank's text, by rank among all. All ranks have to call it.
   * @throws MtlError `RANK_LOST`
   */
  gather(text: string): Promise<readonly string[]>;
  /**
   * Tells all something under a name, unless something was told under it before.
   * @returns what is told there now
   * @throws MtlError `RANK_LOST` where what they share is gone
   */
  claim(name: string, text: string): Promise<string>;
  /**
   * What was told under a name; undefined where nothing was.
   * @throws MtlError `RANK_LOST` where what they share is gone
   */
  told(name: string): Promise<string | undefined>;
  /**
   * Whether a rank is still at work: it has not left, and gives signs of life.
   * @param rank among all
   * @throws MtlError `RANK_LOST` where what they share is gone
   */
  lives(rank: number): Promise<boolean>;
}

/**
 * Processes that train together, each with its part of every batch: all ranks, or a group of them. All of them call the
 * same things in the same order. What exchanges tensors blocks, as it is part of a step; what exchanges texts does not.
 */
export interface World {
  /** Within the group, as everything here. */
  readonly rank: number;
  readonly size: number;
  readonly groups: Groups;
  /**
   * Starts averaging tensors over the ranks, which goes on while this rank computes. They may be disposed at once.
   * @param precision what they travel as
   */
  average(tensors: readonly tf.Tensor[], precision: 'float32' | 'bf16'): Averaging;
  /** Rank 0's values of tensors that every rank has in the same shapes; the caller's. */
  broadcast(tensors: readonly tf.Tensor[]): tf.Tensor[];
  /**
   * Every rank's text, by rank.
   * @param topic rounds of one topic are counted by themselves, so that ranks of which one has failed in another still meet
   * @throws MtlError `RANK_LOST`, also where the ranks have not taken part in the same exchanges before
   */
  gather(text: string, topic?: string): Promise<readonly string[]>;
  /**
   * Ends this rank's part. Rank 0 of all waits for the others to do so, too: for those of other groups as long as they live.
   * @param failure why this rank gives up: it ends the others of its group, who tell it
   */
  leave(failure?: string): Promise<void>;
}
