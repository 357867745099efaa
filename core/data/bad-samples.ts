import type { SplitName } from '../contracts/index.js';
import { badValue, MtlError } from '../errors.js';

/** A sample that could not be loaded, and was left out. */
export interface BadSample {
  readonly split: SplitName;
  /** Its place in the split. */
  readonly index: number;
  /** Names the file and the fix. */
  readonly reason: string;
}

/** What happens to samples that cannot be loaded. */
export interface BadSamplePolicy {
  /** `stop`: the first one is an error. `skip`: it is left out, and told. */
  readonly onBadSample: 'stop' | 'skip';
  /** Share of a split's samples that may be left out before it is an error, 0–1. */
  readonly maxBadSamples: number;
}

/** The samples of one split that were left out. */
export class BadSamples {
  private readonly reasons = new Map<number, string>();

  constructor(
    private readonly split: SplitName,
    private readonly length: number,
    private readonly policy: BadSamplePolicy,
    private readonly onBad: (sample: BadSample) => void = () => undefined,
  ) {}

  /** How many were left out so far. */
  get count(): number {
    return this.reasons.size;
  }

  /**
   * Takes note of a sample that is to be left out.
   * @throws the error itself where it is no bad sample, or none may be left out; MtlError `DATA_INVALID` where there
   *   are too many
   */
  leaveOut(index: number, error: unknown): void {
    const { onBadSample, maxBadSamples } = this.policy;
    const isBad = error instanceof MtlError && error.code === 'SAMPLE_INVALID';
    if (!isBad || onBadSample === 'stop') throw error;
    if (this.reasons.has(index)) return;
    this.reasons.set(index, error.message);
    this.onBad({ split: this.split, index, reason: error.message });
    if (this.reasons.size <= maxBadSamples * this.length) return;
    throw badValue(
      'DATA_INVALID',
      {
        what: `the ${this.split} split`,
        expected: `at most ${100 * maxBadSamples} % of its ${this.length} samples to be bad (loader.maxBadSamples)`,
        found: `${this.reasons.size}, the last one: ${error.message}`,
        fix: 'mend the files, or raise the limit if so much may be left out',
      },
      { cause: error },
    );
  }
}
