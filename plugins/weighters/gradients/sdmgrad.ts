import { z } from 'zod';
import type { Matrix } from '../../../core/index.js';
import { DoubleSamplingRule } from '../common/double-sampling.js';
import { filled, multiply, total } from '../common/linear-algebra.js';
import { projectOntoSimplex } from '../common/simplex-projection.js';
import { tensorMethod } from '../common/tensor-method.js';

/** The public code's descent of the weights. */
const stepSize = 5;
const momentum = 0.5;

/**
 * SDMGrad, stochastic direction-oriented multi-objective descent (Xiao, Ban & Ji 2023,
 * https://arxiv.org/abs/2305.18409): w = argmin ½‖Gᵀw + λ g₀‖² over the simplex, g₀ the mean gradient, by steps
 * w ← Π(w − η G(ξ)(G(ξ′)ᵀw + λ g₀(ξ′))) that go on from the last update's w; then d = (Gᵀw + λ g₀) / (1 + λ) of a
 * third batch, ζ. ξ and ξ′ are collected, so that the products across batches have no bias.
 *
 * As in the public code, the steps of one update share ξ and ξ′ (the paper draws anew), G(ξ)G(ξ′)ᵀ is divided by the
 * square of the mean norm, η = 5 with momentum 0.5, and d has the divisor, which the paper has not.
 */
export const sdmgrad = tensorMethod({
  description: 'SDMGrad: MGDA drawn towards the mean gradient, over independent batches (Xiao et al. 2023).',
  options: {
    lambda: z.number().min(0).default(0.3).describe('λ, the pull of the mean gradient; 0 is MGDA.'),
    steps: z.int().min(1).default(20).describe('How many descent steps the weights take per update.'),
  },
  rule: ({ lambda, steps }, tasks) =>
    new DoubleSamplingRule(
      {
        weigh: (cross, weights) => descend(cross, weights, lambda, steps),
        coefficients: (weights) => weights.map((weight) => (weight + lambda / tasks) / (1 + lambda)),
      },
      tasks,
    ),
});

function descend(cross: Matrix, start: readonly number[], lambda: number, steps: number): number[] {
  const tasks = start.length;
  const scale = total(cross.map((row, task) => Math.sqrt(Math.max(0, row[task]!)))) / tasks;
  // As the public code has it, for batches whose gradients point apart.
  const divisor = scale * scale + 1e-8;
  const pull = multiply(cross, filled(tasks, lambda / tasks));
  let weights = [...start];
  let speed = filled(tasks, 0);
  for (let step = 0; step < steps; step++) {
    const slopes = multiply(cross, weights);
    speed = speed.map((value, task) => momentum * value + (slopes[task]! + pull[task]!) / divisor);
    weights = projectOntoSimplex(weights.map((weight, task) => weight - stepSize * speed[task]!));
  }
  return weights;
}
