import { badValue, show, type Raster } from '../../core/index.js';
import { addTo, checkRasters } from './rasters.js';

/** How often each class was taken for each: counts[target · classes + prediction], over labelled pixels. */
export class ConfusionMatrix {
  private readonly counts: Float64Array;

  /** @param metric whose name stands in messages */
  constructor(
    private readonly metric: string,
    private readonly classes: number,
  ) {
    this.counts = new Float64Array(classes * classes);
  }

  reset(): void {
    this.counts.fill(0);
  }

  /**
   * Takes one image of class ids in.
   * @throws MtlError `SHAPE_MISMATCH`, or `DATA_INVALID` for an id that is no class.
   */
  update(prediction: Raster, target: Raster, mask: Uint8Array): void {
    checkRasters(this.metric, prediction, target, mask);
    if (target.channels !== 1) {
      throw badValue('SHAPE_MISMATCH', {
        what: `the target for ${this.metric}`,
        expected: 'one class id per pixel',
        found: `${target.channels} channels`,
      });
    }
    const { counts, classes } = this;
    for (let pixel = 0; pixel < mask.length; pixel++) {
      if (mask[pixel] === 0) continue;
      const from = target.data[pixel]!;
      const to = prediction.data[pixel]!;
      // A typed array would swallow a write outside its range.
      if (!this.isClass(from)) throw this.notAClass('target', from);
      if (!this.isClass(to)) throw this.notAClass('prediction', to);
      counts[from * classes + to]! += 1;
    }
  }

  /** The counts, row by row. */
  get taken(): readonly number[] {
    return [...this.counts];
  }

  merge(taken: readonly number[]): void {
    addTo(this.counts, taken);
  }

  /**
   * The mean over classes of intersection / union = n_cc / (Σ_j n_cj + Σ_j n_jc − n_cc). A class that is neither
   * in the targets nor in the predictions has no IoU and is left out; undefined where that leaves none.
   */
  meanIou(): number | undefined {
    return this.meanShare((own) => {
      let union = -this.at(own, own);
      for (let other = 0; other < this.classes; other++) union += this.at(own, other) + this.at(other, own);
      return union;
    });
  }

  /**
   * The mean over classes of n_cc / Σ_j n_cj. A class that is not in the targets is left out; undefined where that
   * leaves none.
   */
  meanRecall(): number | undefined {
    return this.meanShare((own) => {
      let all = 0;
      for (let other = 0; other < this.classes; other++) all += this.at(own, other);
      return all;
    });
  }

  /** The mean over classes of n_cc / whole, without the classes whose whole is 0; undefined where that leaves none. */
  private meanShare(wholeOf: (own: number) => number): number | undefined {
    let sum = 0;
    let present = 0;
    for (let own = 0; own < this.classes; own++) {
      const whole = wholeOf(own);
      if (whole === 0) continue;
      sum += this.at(own, own) / whole;
      present++;
    }
    return present > 0 ? sum / present : undefined;
  }

  private at(target: number, prediction: number): number {
    return this.counts[target * this.classes + prediction]!;
  }

  private isClass(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.classes;
  }

  private notAClass(where: string, id: number): Error {
    return badValue('DATA_INVALID', {
      what: `a labelled pixel of the ${where} for ${this.metric}`,
      expected: `a class id from 0 to ${this.classes - 1}`,
      found: show(id),
    });
  }
}
