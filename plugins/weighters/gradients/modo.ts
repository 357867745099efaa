import { z } from 'zod';
import { DoubleSamplingRule } from '../common/double-sampling.js';
import { multiply } from '../common/linear-algebra.js';
import { projectOntoSimplex } from '../common/simplex-projection.js';
import { tensorMethod } from '../common/tensor-method.js';

/**
 * MoDo, multi-objective descent with double sampling (Chen, Fernando, Ying & Chen 2023,
 * https://arxiv.org/abs/2305.20057): one step of projected gradient descent on MGDA's problem per update,
 * λ ← Π(λ − γ (G(ξ) G(ξ′)ᵀ λ + ρ λ)) with Π the projection onto the simplex, then d = Σ λ_t g_t(ζ). Three independent
 * batches, so that neither product is biased: ξ and ξ′ are collected, ζ is the batch of the update.
 *
 * The defaults are those of the public code; LibMTL has γ = 0.001, ρ = 0.1.
 */
export const modo = tensorMethod({
  description: 'MoDo: MGDA’s weights by descent over independent batches (Chen et al. 2023).',
  options: {
    gamma: z.number().positive().default(0.1).describe('γ, the step of the weights.'),
    rho: z.number().min(0).default(0).describe('ρ, how much the weights are drawn together.'),
  },
  rule: ({ gamma, rho }, tasks) =>
    new DoubleSamplingRule(
      {
        weigh(cross, weights) {
          const slopes = multiply(cross, weights);
          return projectOntoSimplex(
            weights.map((weight, task) => weight - gamma * (slopes[task]! + rho * weight)),
          );
        },
        coefficients: (weights) => weights,
      },
      tasks,
    ),
});
