/**
 * The nearest point of the simplex { w ≥ 0, Σ w = 1 }, exactly, by sorting (Held, Wolfe & Crowder 1974; Duchi et al.
 * 2008): w = max(v − θ, 0), θ from the largest k values of which it leaves all positive.
 */
export function projectOntoSimplex(values: readonly number[]): number[] {
  const sorted = [...values].sort((left, right) => right - left);
  let sum = 0;
  let threshold = 0;
  for (const [index, value] of sorted.entries()) {
    sum += value;
    const candidate = (sum - 1) / (index + 1);
    if (value > candidate) threshold = candidate;
  }
  return values.map((value) => Math.max(0, value - threshold));
}
