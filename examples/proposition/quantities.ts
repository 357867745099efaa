import Fraction from 'fraction.js';

/** One outcome of a finite distribution of (X, Y, Z). */
export interface Outcome {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** How often it comes, relative to the others; a whole number of at least 1. */
  readonly weight: number;
}

/** A random variable: its value at an outcome. */
export type Variable = (outcome: Outcome) => Fraction;

/** What the proposition compares. Exact. */
export interface Quantities {
  /** E[(E[E[Y|X] | E[Z|X]] − E[Y|X])²] */
  readonly consistency: Fraction;
  /** E[(E[Y | E[Z|X]] − E[Y|X])²] */
  readonly alignment: Fraction;
  /** ξ_Y = E[(Y − E[Y|X])²], the noise of Y. */
  readonly noise: Fraction;
  /** E[(Y − E[Y | E[Z|X]])²]: the least that the alignment loss can become, which is held against Y itself. */
  readonly alignmentLoss: Fraction;
  /** Whether E[Y|X] is a function of E[Z|X]. */
  readonly determined: boolean;
}

/**
 * The proposition's quantities by their definitions, in fractions of whole numbers: whether two conditional expectations
 * are equal is then a fact, not a matter of a tolerance.
 */
export function quantities(outcomes: readonly Outcome[]): Quantities {
  const [Y, U, V] = [variableOf('y'), ...directPredictions(outcomes)];
  const squaredDistance = (left: Variable, right: Variable): Fraction =>
    expectation(outcomes, (outcome) => left(outcome).sub(right(outcome)).pow(2));
  const consistency = squaredDistance(conditional(outcomes, U, V), U);
  return {
    consistency,
    alignment: squaredDistance(conditional(outcomes, Y, V), U),
    noise: squaredDistance(Y, U),
    alignmentLoss: squaredDistance(Y, conditional(outcomes, Y, V)),
    determined: isFunctionOf(outcomes, U, V),
  };
}

/** U = E[Y|X] and V = E[Z|X]: what the two direct predictors give at best. */
export function directPredictions(outcomes: readonly Outcome[]): [U: Variable, V: Variable] {
  const X = variableOf('x');
  return [conditional(outcomes, variableOf('y'), X), conditional(outcomes, variableOf('z'), X)];
}

/** X, Y or Z itself. */
export function variableOf(name: 'x' | 'y' | 'z'): Variable {
  return (outcome) => new Fraction(outcome[name]);
}

/** E[A] */
export function expectation(outcomes: readonly Outcome[], A: Variable): Fraction {
  let [sum, weights] = [new Fraction(0), 0];
  for (const outcome of outcomes) {
    sum = sum.add(A(outcome).mul(outcome.weight));
    weights += outcome.weight;
  }
  return sum.div(weights);
}

/** E[A|B], as a random variable. */
export function conditional(outcomes: readonly Outcome[], A: Variable, B: Variable): Variable {
  const means = new Map([...groupsBy(outcomes, B)].map(([value, group]) => [value, expectation(group, A)]));
  return (outcome) => means.get(B(outcome).toFraction())!;
}

/** Whether A has one value wherever B has one. */
function isFunctionOf(outcomes: readonly Outcome[], A: Variable, B: Variable): boolean {
  const groups = [...groupsBy(outcomes, B).values()];
  return groups.every((group) => group.every((outcome) => A(outcome).equals(A(group[0]!))));
}

/** The outcomes by the value of B. */
export function groupsBy(outcomes: readonly Outcome[], B: Variable): Map<string, readonly Outcome[]> {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const value = B(outcome).toFraction();
    const group = groups.get(value);
    if (group) group.push(outcome);
    else groups.set(value, [outcome]);
  }
  return groups;
}
