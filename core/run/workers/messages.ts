import type { LoadedConfig } from '../../config/index.js';
import type { SplitName } from '../../contracts/index.js';
import type { Example, Variation } from '../../data/index.js';
import { MtlError, type ErrorCode } from '../../errors.js';

/** What a loader thread is started with. */
export interface WorkerStart {
  readonly config: LoadedConfig['config'];
  readonly baseFolder: string;
  /** Modules of the plugins that the config does not name. */
  readonly modules: readonly string[];
  /** Of the memory for decoded samples. */
  readonly share: number;
}

export interface WorkerRequest {
  readonly split: SplitName;
  readonly index: number;
  readonly variation: Variation | undefined;
}

export type WorkerReply =
  { readonly id: number; readonly example: Example } | { readonly id: number; readonly failure: Failure };

/** An error as it crosses threads. */
export interface Failure {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly stack: string | undefined;
}

export function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: undefined, message: String(error), stack: undefined };
  const code = error instanceof MtlError ? error.code : undefined;
  return { code, message: error.message, stack: error.stack };
}

export function fromFailure({ code, message, stack }: Failure): Error {
  const error = code ? new MtlError(code, message) : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
