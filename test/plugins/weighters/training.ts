import type { PartSpec } from '../../../core/index.js';

/** What a weighter is asked for with where its name is not enough; for three tasks, since some need so many. */
export const specs: Readonly<Record<string, PartSpec>> = {
  constant: { name: 'constant', weights: { segmentation: 1, depth: 0.5, distance: 2 } },
  // The second weighting of a warm-up begins within the run.
  stch: { name: 'stch', warmupEpochs: 1 },
  pcgrad: { name: 'pcgrad', losses: 'uncertainty' },
};
