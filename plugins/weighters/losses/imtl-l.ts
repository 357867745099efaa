import { z } from 'zod';
import { definePart, type Weighter } from '../../../core/index.js';
import { TrainedWeights } from '../common/trained-weights.js';

/**
 * IMTL-L, the loss balance of impartial multi-task learning (Liu et al. 2021, https://openreview.net/forum?id=IMPnRXEWpvr).
 * Per task one trainable s_t, start 0, that brings the scaled losses to one size:
 *
 *     L = Σ_t e^(s_t) L_t − s_t        ω_t = e^(s_t)        dL/ds_t = ω_t L_t − 1
 *
 * At rest ω_t L_t = 1. The s_t are updated by the run's optimizer. With the paper's gradient balance on top of it,
 * IMTL-G, it is IMTL.
 */
export const imtlL = definePart({
  description: 'IMTL-L (Liu et al. 2021): one trainable scale per task brings the losses to one size.',
  options: z.strictObject({}),
  create: (): Weighter =>
    new TrainedWeights('logScale', ({ tasks }) =>
      tasks.map(() => ({ weight: Math.exp, slope: (weighted) => weighted - 1 })),
    ),
});
