/**
 * Places spread evenly over a split, rising: neighbours in a recording look alike.
 * @param length of the split
 * @param count how many, where there are so many
 */
export function spread(length: number, count: number): readonly number[] {
  const places = Math.min(count, length);
  return Array.from({ length: places }, (_, at) => Math.floor(((at + 0.5) * length) / places));
}
