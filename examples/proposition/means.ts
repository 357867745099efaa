import type Fraction from 'fraction.js';
import { Random } from 'crosstask';
import {
  conditional,
  directPredictions,
  expectation,
  groupsBy,
  type Outcome,
  variableOf,
  type Variable,
} from './quantities.js';

/** Mean squared distances from the direct prediction. */
export interface Distances<Value> {
  readonly consistency: Value;
  readonly alignment: Value;
}

/** Distances after so many draws or steps. */
export interface Measured extends Distances<number> {
  readonly at: number;
}

/**
 * How far a transfer that was learnt from n examples is from the direct prediction U, in expectation. The transfer is
 * the mean of what it was shown at a value of V, n draws of (X, Y) given V: of U (consistency) or of Y (alignment). Exact:
 *
 *     E[Var(U|V)] + E[Var(U|V)]/n   and   E[Var(U|V)] + E[Var(Y|V)]/n
 */
export function distancesOfMeans(outcomes: readonly Outcome[], draws: number): Distances<Fraction> {
  const [U, V] = directPredictions(outcomes);
  const left = spread(outcomes, U, V);
  return {
    consistency: left.add(left.div(draws)),
    alignment: left.add(spread(outcomes, variableOf('y'), V).div(draws)),
  };
}

/** E[Var(A|B)] */
function spread(outcomes: readonly Outcome[], A: Variable, B: Variable): Fraction {
  const mean = conditional(outcomes, A, B);
  return expectation(outcomes, (outcome) => A(outcome).sub(mean(outcome)).pow(2));
}

/** The same by drawing: the mean over that many trials. All outcomes need the same weight. */
export function drawnDistances(
  outcomes: readonly Outcome[],
  { draws, trials, seed }: { readonly draws: number; readonly trials: number; readonly seed: number },
): Distances<number> {
  const [U, V] = directPredictions(outcomes);
  const cells = [...groupsBy(outcomes, V).values()].map((cell) =>
    cell.map((outcome) => ({ y: outcome.y, u: U(outcome).valueOf() })),
  );
  const random = new Random(seed, 'means', draws);
  const sums = { consistency: 0, alignment: 0 };
  for (let trial = 0; trial < trials; trial++) {
    for (const cell of cells) {
      let [meanOfU, meanOfY] = [0, 0];
      for (let draw = 0; draw < draws; draw++) {
        const { y, u } = random.pick(cell);
        meanOfU += u / draws;
        meanOfY += y / draws;
      }
      for (const { u } of cell) {
        sums.consistency += (meanOfU - u) ** 2;
        sums.alignment += (meanOfY - u) ** 2;
      }
    }
  }
  const count = trials * outcomes.length;
  return { consistency: sums.consistency / count, alignment: sums.alignment / count };
}
