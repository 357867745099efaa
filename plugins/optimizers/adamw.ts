import { definePart, type Optimizer } from '../../core/index.js';
import { AdamOptimizer, adamOptions } from './adam-optimizer.js';

const options = adamOptions.extend({ weightDecay: adamOptions.shape.weightDecay.unwrap().default(0.01) });

/**
 * AdamW (Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101), numerically as PyTorch's `AdamW`: weight
 * decay λ shrinks the parameter itself before the step, p ← (1 − lr · λ) p, and stays out of the moments.
 */
export const adamw = definePart<Optimizer, typeof options>({
  description: 'Adam with weight decay decoupled from the gradient.',
  options,
  create: (given) => new AdamOptimizer(given, 'decoupled'),
});
