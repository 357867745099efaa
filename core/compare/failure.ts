import { messageOf, MtlError, type ErrorCode } from '../errors.js';

/** An error, as it is written down and told to other ranks. */
export interface Failure {
  /** An `MtlError`'s; else null. */
  readonly code: ErrorCode | null;
  readonly reason: string;
}

export function failureOf(error: unknown): Failure {
  return { code: error instanceof MtlError ? error.code : null, reason: messageOf(error) };
}

/** The error that another rank has told. */
export function errorOf({ code, reason }: Failure): Error {
  return code === null ? new Error(reason) : new MtlError(code, reason);
}
