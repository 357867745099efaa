import { MtlError } from '../errors.js';

/** The terms of every task's loss as they were read, by task. */
export type ReadLosses = Readonly<Record<string, Readonly<Record<string, number>>>>;

const codes = ['LOSS_NOT_FINITE', 'GRADIENT_NOT_FINITE'] as const;

/** A loss or gradient that is no number, with the losses of its step. */
export class NotFiniteError extends MtlError {
  constructor(
    override readonly code: (typeof codes)[number],
    message: string,
    readonly losses: ReadLosses,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

/** The error itself, or, where it tells of something that is no number, one that has the losses too. */
export function withLosses(error: unknown, losses: ReadLosses): unknown {
  if (!(error instanceof MtlError) || error instanceof NotFiniteError) return error;
  const code = codes.find((known) => known === error.code);
  return code ? new NotFiniteError(code, error.message, losses, { cause: error }) : error;
}
