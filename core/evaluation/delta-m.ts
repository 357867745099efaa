import { badValue, MtlError, show } from '../errors.js';

/** One metric of a model beside the same metric of its baseline. */
export interface MetricComparison {
  readonly value: number;
  /** Above 0. */
  readonly baseline: number;
  readonly higherIsBetter: boolean;
}

/** Whether a gain relative to this value exists: where it is not 0, below it or infinite. */
export function hasGain(baseline: number | undefined): baseline is number {
  return baseline !== undefined && baseline > 0 && baseline < Infinity;
}

/**
 * Δ_m: how much better a model is than its baseline, as the mean relative gain over their metrics,
 *
 *     Δ_m = 100 · 1/|M| · Σ_i (−1)^{l_i} (M_{m,i} − M_{b,i}) / M_{b,i},   l_i = 1 where lower is better
 *
 * (Maninis et al. 2019; eq. 17 of Nakano et al.). A gain relative to a baseline of 0 does not exist.
 * @returns percent; positive = better than the baseline
 * @throws MtlError `METRIC_EMPTY` without a metric, `RUN_INVALID` for a baseline that is not above 0.
 */
export function deltaM(metrics: readonly MetricComparison[]): number {
  if (metrics.length === 0) {
    throw new MtlError('METRIC_EMPTY', 'Δm needs at least one metric that the model and its baseline share');
  }
  const gains = metrics.map(({ value, baseline, higherIsBetter }, index) => {
    if (!hasGain(baseline)) {
      throw badValue('RUN_INVALID', {
        what: `the baseline's metric ${index + 1} for Δm`,
        expected: 'a finite number above 0',
        found: Number.isFinite(baseline) ? show(baseline) : String(baseline),
        fix: 'leave this metric out of Δm',
      });
    }
    return ((higherIsBetter ? 1 : -1) * (value - baseline)) / baseline;
  });
  return (100 * gains.reduce((sum, gain) => sum + gain, 0)) / gains.length;
}
