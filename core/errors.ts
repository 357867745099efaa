/**
 * Every message that a user can cause comes from here: a stable code, the argument, what was expected,
 * what was found and what to do.
 */

/** Stable codes, for programs that want to tell failures apart. */
export type ErrorCode =
  | 'CONFIG_NOT_FOUND'
  | 'CONFIG_INVALID'
  | 'PLUGIN_INVALID'
  | 'PLUGIN_DUPLICATE'
  | 'PLUGIN_UNKNOWN'
  | 'DEPENDENCY_MISSING'
  | 'ENGINE_BUILD_FAILED'
  | 'ENGINE_OUT_OF_MEMORY'
  | 'ENGINE_UNUSABLE'
  | 'DATA_INVALID'
  | 'SAMPLE_INVALID'
  | 'SHAPE_MISMATCH'
  | 'WEIGHTS_INVALID'
  | 'CHECKPOINT_INVALID'
  | 'EXPORT_UNSUPPORTED'
  | 'RUN_INVALID'
  | 'METRIC_EMPTY'
  | 'LOSS_NOT_FINITE'
  | 'GRADIENT_NOT_FINITE'
  | 'WORLD_UNREACHABLE'
  | 'RANK_LOST'
  | 'INTERRUPTED';

/** A failure that the user can act on. The command line prints the message alone, without a stack trace. */
export class MtlError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'MtlError';
  }
}

/** What went wrong with one value: the four things a reader needs to mend it. */
export interface Complaint {
  /** The argument, key path or file, e.g. `train.epochs`. */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly fix?: string;
}

/** `train.epochs: expected a whole number of at least 1, found "three"; …fix…` */
export function complain({ what, expected, found, fix }: Complaint): string {
  return `${clip(what)}: expected ${expected}, found ${clip(found)}${fix ? `; ${fix}` : ''}`;
}

/** What stands in a file may be as long as the file: a message is for reading. */
export function clip(text: string, most = 2000): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** An error about one value. */
export function badValue(code: ErrorCode, complaint: Complaint, options?: ErrorOptions): MtlError {
  return new MtlError(code, complain(complaint), options);
}

/** A short, safe rendering of a found value for a message. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  // JSON has no NaN and no Infinity.
  const text = typeof value === 'number' ? String(value) : stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // It refers to itself or holds what JSON cannot.
    return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
