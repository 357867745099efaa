import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  badValue,
  show,
  smoothedOneHot,
  tokens,
  type Deps,
  type HostTarget,
  type Json,
  type Target,
  type TargetStatistics,
} from '../../core/index.js';

/** The option `classWeights`. */
export const classWeights = z
  .union([z.enum(['none', 'medianFrequency', 'inverseLog']), z.array(z.number().min(0)).min(1)])
  .default('none')
  .describe(
    'Weights of the classes in the loss: by their frequency in the training labels, or one for each class.',
  );

export type ClassWeights = z.output<typeof classWeights>;

/** How a task weighs its labelled pixels. */
export interface ClassWeighting {
  /** Puts each labelled pixel's weight into the mask, for a weighted mean Σ w ℓ / Σ w. */
  weigh(target: Target): Target;
  /** Where the weights come from the labels. */
  readonly statistics?: TargetStatistics;
}

/** @throws MtlError `CONFIG_INVALID` for a list that has not one weight for each class */
export function classWeighting(deps: Deps, option: ClassWeights, classes: number): ClassWeighting {
  if (option === 'none') return { weigh: (target) => target };
  const path = `tasks.${deps.get(tokens.taskName)}.classWeights`;
  if (typeof option === 'string') {
    const frequencies = new ClassFrequencies(path, classes);
    return { weigh: (target) => weigh(target, frequencies.weights(option)), statistics: frequencies };
  }
  if (option.length !== classes) {
    throw badValue('CONFIG_INVALID', {
      what: path,
      expected: `a weight for each of the ${classes} classes`,
      found: show(option),
    });
  }
  return { weigh: (target) => weigh(target, option) };
}

function weigh({ value, mask }: Target, weights: readonly number[]): Target {
  const ofClass = tf.mul(smoothedOneHot(value, weights.length), tf.tensor1d([...weights]));
  return { value, mask: tf.mul(mask, tf.sum(ofClass, 3, true)) };
}

/** How frequent the classes are in the training labels. A class that never occurs has weight 0. */
export class ClassFrequencies implements TargetStatistics {
  /** Labelled pixels of each class. */
  private pixels: number[];
  /** Labelled pixels of the images in which each class occurs. */
  private around: number[];

  /** @param option named in messages */
  constructor(
    private readonly option: string,
    private readonly classes: number,
  ) {
    this.pixels = new Array<number>(classes).fill(0);
    this.around = new Array<number>(classes).fill(0);
  }

  observe({ value, mask }: HostTarget): void {
    const counts = new Array<number>(this.classes).fill(0);
    mask.forEach((valid, pixel) => {
      if (valid) counts[value.data[pixel]!]! += 1;
    });
    const labelled = sum(counts);
    counts.forEach((count, id) => {
      this.pixels[id]! += count;
      if (count > 0) this.around[id]! += labelled;
    });
  }

  get values(): Readonly<Record<string, Json>> {
    return { pixels: [...this.pixels], around: [...this.around] };
  }

  restore({ pixels, around }: Readonly<Record<string, Json>>): void {
    const [ofClass, ofImages] = [this.numbers('pixels', pixels), this.numbers('around', around)];
    this.pixels = ofClass;
    this.around = ofImages;
  }

  /**
   * `medianFrequency`: median(f)/f_c with f_c = pixels of c / pixels of the images where c occurs, the median over the
   * classes that occur (Eigen & Fergus 2015). `inverseLog`: 1/ln(1.02 + p_c) with p_c the share of all pixels that are
   * of c (ENet, Paszke et al. 2016).
   * @throws MtlError `DATA_INVALID` where no labelled pixel was observed
   */
  weights(rule: 'medianFrequency' | 'inverseLog'): number[] {
    const all = sum(this.pixels);
    if (all === 0) {
      throw badValue('DATA_INVALID', {
        what: this.option,
        expected: 'labelled pixels in the training split to count the classes in',
        found: 'none',
      });
    }
    if (rule === 'inverseLog')
      return this.pixels.map((count) => (count > 0 ? 1 / Math.log(1.02 + count / all) : 0));
    const frequencies = this.pixels.map((count, id) => (count > 0 ? count / this.around[id]! : 0));
    const middle = median(frequencies.filter((frequency) => frequency > 0));
    return frequencies.map((frequency) => (frequency > 0 ? middle / frequency : 0));
  }

  private numbers(name: string, values: Json | undefined): number[] {
    const isCount = (value: Json): value is number => typeof value === 'number' && value >= 0;
    if (Array.isArray(values) && values.length === this.classes && values.every(isCount)) return [...values];
    throw badValue('CHECKPOINT_INVALID', {
      what: `${this.option}, ${name} of the classes`,
      expected: `${this.classes} numbers of at least 0`,
      found: show(values),
    });
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Of an even number, the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const { length } = sorted;
  return (sorted[(length - 1) >> 1]! + sorted[length >> 1]!) / 2;
}
