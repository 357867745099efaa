import type { Snapshot } from './snapshot.js';

/** The files that a snapshot goes to. */
export interface Places {
  /** All of it. */
  readonly file: string;
  /** What `file` was before is called so from then on. */
  readonly previous?: string | undefined;
  /** A further name of what is written to `file`. */
  readonly kept?: string | undefined;
  /** A file of the model alone; written first, so that nothing tells of a best model that is not there. */
  readonly best?: string | undefined;
}

export interface WriteRequest {
  readonly snapshot: Snapshot;
  readonly places: Places;
}

export interface WriteReply {
  readonly id: number;
  /** Why nothing was written; absent where all is in place. */
  readonly failure?: string;
}
