import { z } from 'zod';
import { definePart, type Metric, type Raster } from '../../core/index.js';
import { dilate } from './dilate.js';
import { addTo, checkRasters, hasNaN, nothingSeen } from './rasters.js';

const options = z.strictObject({
  tolerance: z.int().min(0).default(1).describe('Pixels by which an edge may be off, in x and in y.'),
});

/** Thresholds 0.01 … 0.99; bin k of a histogram holds the probabilities that reach k thresholds. */
const thresholds = 99;

/**
 * Best F₁ = 2PR/(P + R) of an edge map over the thresholds 0.01 … 0.99, one threshold for the whole set (ODS).
 *
 * Matching is by dilation with a square of 2r + 1 pixels, r the tolerance: precision P is the share of pixels predicted
 * as edges (probability ≥ threshold) with a labelled edge in their square; recall R is the share of labelled edge
 * pixels with a predicted edge in theirs. Pixels without a label take no part on either side. Edges are neither
 * thinned nor matched one to one, so the numbers are not those of the BSDS benchmark. NaN where a probability is.
 */
export const edgeF = definePart<Metric, typeof options>({
  description: 'Best F1 of edges over one threshold for the whole set (ODS), with a tolerance in pixels.',
  options,
  create: ({ tolerance }) => new EdgeF(tolerance),
});

class EdgeF implements Metric {
  readonly name = 'edgeF';
  readonly higherIsBetter = true;
  /** Labelled pixels by their probability; of those, the ones near an edge. */
  private readonly predicted = new Float64Array(thresholds + 1);
  private readonly matched = new Float64Array(thresholds + 1);
  /** Labelled edge pixels by the highest probability near them. */
  private readonly found = new Float64Array(thresholds + 1);
  private seenNaN = false;

  constructor(private readonly tolerance: number) {}

  reset(): void {
    for (const histogram of this.histograms) histogram.fill(0);
    this.seenNaN = false;
  }

  update(prediction: Raster, target: Raster, mask: Uint8Array): void {
    checkRasters(this.name, prediction, target, mask);
    this.seenNaN ||= hasNaN(prediction, mask);
    const labelled = ({ data }: Raster): Float32Array =>
      Float32Array.from(data, (value, pixel) => (mask[pixel] ? value : 0));
    const nearEdge = dilate(labelled(target), target, this.tolerance);
    const highest = dilate(labelled(prediction), prediction, this.tolerance);
    for (let pixel = 0; pixel < mask.length; pixel++) {
      if (mask[pixel] === 0) continue;
      const bin = reached(prediction.data[pixel]!);
      this.predicted[bin]! += 1;
      if (nearEdge[pixel]! > 0) this.matched[bin]! += 1;
      if (target.data[pixel]! > 0) this.found[reached(highest[pixel]!)]! += 1;
    }
  }

  get taken(): readonly number[] {
    return [Number(this.seenNaN), ...this.histograms.flatMap((histogram) => [...histogram])];
  }

  merge([seenNaN, ...counts]: readonly number[]): void {
    this.seenNaN ||= seenNaN === 1;
    for (const histogram of this.histograms) addTo(histogram, counts.splice(0, histogram.length));
  }

  private get histograms(): readonly Float64Array[] {
    return [this.predicted, this.matched, this.found];
  }

  compute(): number {
    const edges = this.found.reduce((sum, count) => sum + count, 0);
    if (edges === 0) throw nothingSeen(this.name, 'one labelled edge pixel');
    if (this.seenNaN) return NaN;
    let [best, predicted, matched, found] = [0, 0, 0, 0];
    for (let bin = thresholds; bin > 0; bin--) {
      predicted += this.predicted[bin]!;
      matched += this.matched[bin]!;
      found += this.found[bin]!;
      if (matched === 0) continue;
      const [precision, recall] = [matched / predicted, found / edges];
      best = Math.max(best, (2 * precision * recall) / (precision + recall));
    }
    return best;
  }
}

/** How many of the thresholds a probability reaches. */
function reached(probability: number): number {
  let bin = Math.min(thresholds, Math.max(0, Math.floor(probability * 100)));
  // The product may have been rounded across a threshold.
  if (bin < thresholds && probability >= (bin + 1) / 100) bin += 1;
  else if (bin > 0 && probability < bin / 100) bin -= 1;
  return bin;
}
