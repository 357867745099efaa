export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** From the least to the most. */
export function spread(values: readonly number[], digits = 0): string {
  return [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits)).join('–');
}
