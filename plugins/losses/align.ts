import { z } from 'zod';
import { definePart, type Loss } from '../../core/index.js';

/** Alignment (paper eq. 8): the transferred prediction against the labels: ℓ_t(ŷ_{s→t}, y_t). */
export const align = definePart({
  description: 'Alignment: transferred prediction against the labels (paper eq. 8).',
  options: z.strictObject({}),
  create: (): Loss => ({
    role: 'consistency',
    compute: ({ task, transferred, target }) => task.loss(transferred, target),
  }),
});
