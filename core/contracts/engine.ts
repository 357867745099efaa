import type { World, WorldSettings } from './world.js';

/** Whether an engine can be used here, and if not, why not and what to do. */
export type EngineCheck =
  | { readonly usable: true; readonly detail: string }
  | { readonly usable: false; readonly reason: string; readonly fix: string };

/** How far a build is: the step under way, of how many, and what it does. */
export interface BuildProgress {
  readonly step: number;
  readonly steps: number;
  readonly doing: string;
}

/** The kernels that an engine does not have itself and leaves to TensorFlow.js' plain JavaScript ones. */
export interface KernelReport {
  /** How many kernels are the engine's own. */
  readonly own: number;
  /** By name, how often each one that is left to JavaScript ran in this process; 0 where none asked for it. */
  readonly fallbacks: Readonly<Record<string, number>>;
}

/** A TensorFlow.js backend with what a trainer needs from it. */
export interface Engine {
  readonly name: string;
  /** Among the usable ones, `auto` takes the highest. */
  readonly priority: number;
  /**
   * Whether the last digits of its results differ where what `check` tells in detail does, e.g. the number of threads.
   * Absent = no.
   */
  readonly digitsFollowDetail?: boolean;
  /** Looks without side effects whether the engine can run here. */
  check(): Promise<EngineCheck>;
  /**
   * Makes it the active backend, with its own kernels registered.
   * @throws MtlError `ENGINE_UNUSABLE`
   */
  start(): Promise<void>;
  /**
   * Makes what the package manager cannot bring, such as a compiled addon. Only engines that need such a thing have it.
   * @returns one line that says what was made
   * @throws MtlError `ENGINE_BUILD_FAILED`; `INTERRUPTED` once the signal is aborted
   */
  build?(onProgress: (progress: BuildProgress) => void, signal: AbortSignal): Promise<string>;
  /**
   * After `start`: meets the other ranks. Absent = the engine computes in one process alone.
   * @throws MtlError `WORLD_UNREACHABLE` naming the rank that has not come, or what else is wrong; `ENGINE_UNUSABLE`
   */
  joinWorld?(settings: WorldSettings): Promise<World>;
  /** After `start`. Engines that have every kernel themselves lack it. */
  kernels?(): Promise<KernelReport>;
}
