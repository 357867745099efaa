import type { TrivialPredictor } from '../../core/index.js';

/** Predicts the mean of all labelled values, channel by channel. */
export function meanPredictor(name: string, channels = 1): TrivialPredictor {
  const sums = new Float64Array(channels);
  let count = 0;
  return {
    name,
    update({ value, mask }) {
      mask.forEach((valid, pixel) => {
        if (!valid) return;
        for (let channel = 0; channel < channels; channel++)
          sums[channel]! += value.data[pixel * channels + channel]!;
        count += 1;
      });
    },
    compute: () => Array.from(sums, (sum) => sum / Math.max(1, count)),
  };
}

/** Predicts the class that most labels are of; the first of several. */
export function majorityClass(classes: number): TrivialPredictor {
  const counts = new Float64Array(classes);
  return {
    name: 'majority class',
    update({ value, mask }) {
      mask.forEach((valid, pixel) => {
        if (valid) counts[value.data[pixel]!]! += 1;
      });
    },
    compute: () => [counts.indexOf(Math.max(...counts))],
  };
}
