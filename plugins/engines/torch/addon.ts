/** Where a tensor stands in the addon's table. */
export type Slot = number;

/** In the place of a slot: no tensor. */
export const noTensor: Slot = -1;

/** How the addon numbers the dtypes that it computes with. */
export const dtypes = ['float32', 'int32', 'bool'] as const;
export type NativeDtype = (typeof dtypes)[number];

export type NativeArgument = number | string | boolean | readonly number[];

/** The compiled addon, see native/. What a call returns, it describes in the shared results. */
export interface Addon {
  /** Before all else; the array must stay alive: after a call, the count of results, then slot, dtype, rank, dimensions of each. */
  shareResults(results: Int32Array): void;
  /**
   * @param device `cpu` or `cuda`
   * @param precision what convolutions compute in: `float32`, `tf32` or `bf16`
   */
  start(device: string, threads: number, precision: string): void;
  write(values: ArrayBufferView, shape: readonly number[], dtype: number): void;
  fill(shape: readonly number[], value: number, dtype: number): void;
  /** Copies a tensor's values, in the order of its shape. */
  read(slot: Slot, into: ArrayBufferView): void;
  release(slot: Slot): void;
  /** Whether another tensor reads the same memory. */
  isShared(slot: Slot): boolean;
  slotsInUse(): number;
  hasCuda(): boolean;
  /** Waits for the device. */
  synchronize(): void;
  /** Gives memory that is free back to the system. */
  trim(): void;
  /**
   * Meets the other ranks; this and those below are absent where libtorch or this build has no Gloo.
   * @param serves whether rank 0 keeps the store
   * @param group how many consecutive ranks exchange tensors
   * @param timeout ms, in the midst of the work
   * @param startTimeout ms, until all have come
   * @param prefix of the store's keys
   */
  joinRanks?(
    host: string,
    port: number,
    serves: boolean,
    rank: number,
    size: number,
    group: number,
    timeout: number,
    startTimeout: number,
    prefix: string,
  ): Promise<unknown>;
  /**
   * Every rank's text, by rank.
   * @param topic rounds of one topic are counted by themselves
   * @param ofAll whether those of all ranks; else of the group's
   */
  gatherTexts?(text: string, topic: string, ofAll: boolean): Promise<readonly string[]>;
  /** Tells all ranks something, unless it was told before. @returns what is told now, alone in a list */
  claimText?(name: string, text: string): Promise<readonly string[]>;
  /** What was told, alone in a list; an empty one where nothing was. */
  toldText?(name: string): Promise<readonly string[]>;
  /** Of a rank that is at work a list of one text; else an empty one. */
  findRank?(rank: number): Promise<readonly string[]>;
  /** @param failure told to the others; empty = none */
  leaveRanks?(failure: string): Promise<unknown>;
  /** The kernels on slots, numbers, texts and lists, by name. */
  readonly kernels: Readonly<Record<string, (...args: readonly NativeArgument[]) => void>>;
}
