import { badValue, type MultiTaskProblem, type NamedGradients, type Weighter } from '../../../core/index.js';

/** A problem whose losses are ω_t L_t, and what a loss weighting's own parameters get. */
interface WeighedProblem {
  readonly problem: MultiTaskProblem;
  readonly own: NamedGradients;
}

/**
 * Asks a loss weighting for its ω and leaves what is done with them to others: whatever it hands to
 * `problem.weighted` is taken down.
 * @throws MtlError `CONFIG_INVALID` where it is none, but combines gradients itself
 */
export async function weighLosses(
  weighting: Weighter | undefined,
  problem: MultiTaskProblem,
): Promise<WeighedProblem> {
  if (!weighting) return { problem, own: {} };
  let weights: readonly number[] | undefined;
  const own = await weighting.update({
    tasks: problem.tasks,
    losses: problem.losses,
    perTask: (scope, weights) => problem.perTask(scope, weights),
    ownParameters: () => problem.ownParameters(),
    weighted(found) {
      weights = found;
      return {};
    },
  });
  if (!weights) {
    throw badValue('CONFIG_INVALID', {
      what: 'weighter.losses',
      expected: 'a loss weighting, e.g. uncertainty',
      found: 'a method that combines gradients itself',
      fix: 'name it as the weighter, and a loss weighting under its `losses`',
    });
  }
  return { problem: scaled(problem, weights), own };
}

function scaled(problem: MultiTaskProblem, omegas: readonly number[]): MultiTaskProblem {
  const times = (weights: readonly number[]): number[] =>
    weights.map((weight, task) => weight * omegas[task]!);
  return {
    tasks: problem.tasks,
    losses: times(problem.losses),
    weighted: (weights) => problem.weighted(times(weights)),
    perTask: (scope, weights) => problem.perTask(scope, weights ? times(weights) : omegas),
    ownParameters: () => problem.ownParameters(),
  };
}
