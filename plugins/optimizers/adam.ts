import { definePart, type Optimizer } from '../../core/index.js';
import { AdamOptimizer, adamOptions } from './adam-optimizer.js';

/**
 * Adam (Kingma & Ba 2015, https://arxiv.org/abs/1412.6980), numerically as PyTorch's `Adam`: weight decay λ is an
 * L2 term, added to the gradient before the moments, g ← g + λ p.
 */
export const adam = definePart<Optimizer, typeof adamOptions>({
  description: 'Adam; weight decay is added to the gradient.',
  options: adamOptions,
  create: (options) => new AdamOptimizer(options, 'l2'),
});
