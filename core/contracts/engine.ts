/** Whether an engine can be used here, and if not, why not and what to do. */
export type EngineCheck =
  | { readonly usable: true; readonly detail: string }
  | { readonly usable: false; readonly reason: string; readonly fix: string };

/** A TensorFlow.js backend with what a trainer needs from it. */
export interface Engine {
  readonly name: string;
  /** Among the usable ones, `auto` takes the highest. */
  readonly priority: number;
  /** Looks without side effects whether the engine can run here. */
  check(): Promise<EngineCheck>;
  /**
   * Makes it the active backend, with its own kernels registered.
   * @throws MtlError `ENGINE_UNUSABLE`
   */
  start(): Promise<void>;
}
