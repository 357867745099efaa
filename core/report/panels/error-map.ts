import type { ErrorMeasure, Task } from '../../contracts/index.js';

/** Whether a class is the wrong one: 1 or 0. */
export const classError: ErrorMeasure = {
  unit: '',
  kind: 'wrong',
  measure: ({ data }, target) => Float32Array.from(data, (id, pixel) => (id === target.data[pixel] ? 0 : 1)),
};

/**
 * |prediction − target|, the mean over the channels.
 * @param unit of the numbers, e.g. `m`
 */
export function absoluteError(unit: string): ErrorMeasure {
  return {
    unit,
    kind: 'amount',
    measure({ height, width, channels, data }, target) {
      const errors = new Float32Array(height * width);
      data.forEach((value, place) => {
        errors[Math.floor(place / channels)]! += Math.abs(value - target.data[place]!) / channels;
      });
      return errors;
    },
  };
}

/** How a task's errors are measured: as it says, or else by what it predicts. */
export function errorMeasureOf({ error, kind, channels }: Task): ErrorMeasure {
  if (error) return error;
  // Scores of several classes are decoded to ids; a single channel is a probability or a number.
  return kind === 'classification' && channels > 1 ? classError : absoluteError('');
}

/** The value that a share of all numbers is not above; 0 where there is none. */
export function quantile(all: readonly Float32Array[], share: number): number {
  const values = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const numbers of all) {
    values.set(numbers, at);
    at += numbers.length;
  }
  const finite = values.filter(Number.isFinite).sort();
  return finite[Math.floor(share * (finite.length - 1))] ?? 0;
}
