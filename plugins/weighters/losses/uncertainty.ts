import { z } from 'zod';
import { definePart, type Weighter } from '../../../core/index.js';
import { TrainedWeights } from '../common/trained-weights.js';

const options = z.strictObject({
  form: z
    .enum(['authors', 'kendall'])
    .default('authors')
    .describe(
      '½e^(−s)L + s for every task, or Kendall’s own: ½e^(−s)L + ½s, for classification e^(−s)L + ½s.',
    ),
});

/**
 * Uncertainty weighting (Kendall, Gal & Cipolla 2018, https://arxiv.org/abs/1705.07115). Per task one trainable
 * s_t = log σ_t², start 0:
 *
 *     L = Σ_t a_t e^(−s_t) L_t + b s_t
 *
 * `authors`: a = ½, b = 1 (the XTasC-Net authors' code). `kendall`: a = ½ for regression, 1 for classification, b = ½.
 * So ω_t = a_t e^(−s_t), and dL/ds_t = b − ω_t L_t. The s_t are updated by the run's optimizer.
 */
export const uncertainty = definePart({
  description: 'Uncertainty weighting (Kendall et al. 2018): one trainable log-variance per task.',
  options,
  create: ({ form }): Weighter =>
    new TrainedWeights('logVariance', ({ kinds }) =>
      kinds.map((kind) => {
        const scale = form === 'kendall' && kind === 'classification' ? 1 : 0.5;
        const penalty = form === 'authors' ? 1 : 0.5;
        return { weight: (s) => scale * Math.exp(-s), slope: (weighted) => penalty - weighted };
      }),
    ),
});
