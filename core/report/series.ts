/** A place on a curve: x, y. */
export type Point = readonly [x: number, y: number];

/** Buckets are equal parts of the x axis, so that curves with gaps keep them. */
function buckets(points: readonly Point[], count: number): Point[][] {
  const finite = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  if (finite.length === 0) return [];
  const [first, last] = [finite[0]![0], finite.at(-1)![0]];
  const width = (last - first) / count;
  const filled: Point[][] = [];
  let current = -1;
  for (const point of finite) {
    const bucket = width > 0 ? Math.min(count - 1, Math.floor((point[0] - first) / width)) : 0;
    if (bucket === current) filled.at(-1)!.push(point);
    else filled.push([point]);
    current = bucket;
  }
  return filled;
}

/**
 * A long curve thinned out so that it looks the same: of each bucket the lowest and the highest point, in their order.
 * @param points by rising x; what is no number is left out
 * @param count of buckets
 * @returns the points themselves where they are not more than two for each bucket
 */
export function extremes(points: readonly Point[], count: number): readonly Point[] {
  if (points.length <= 2 * count) return buckets(points, count).flat();
  return buckets(points, count).flatMap((bucket) => {
    const [lowest, highest] = [at(bucket, (a, b) => a < b), at(bucket, (a, b) => a > b)];
    if (lowest === highest) return [bucket[lowest]!];
    return [Math.min(lowest, highest), Math.max(lowest, highest)].map((index) => bucket[index]!);
  });
}

/**
 * A noisy curve smoothed: of each bucket the mean, of x and of y.
 * @param points by rising x; what is no number is left out
 * @returns the points themselves where they are not more than the buckets
 */
export function means(points: readonly Point[], count: number): readonly Point[] {
  if (points.length <= count) return buckets(points, count).flat();
  return buckets(points, count).map((bucket) => [mean(bucket, 0), mean(bucket, 1)] as const);
}

/** The first point whose y no other one's goes before. */
function at(bucket: readonly Point[], before: (a: number, b: number) => boolean): number {
  return bucket.reduce((best, [, y], index) => (before(y, bucket[best]![1]) ? index : best), 0);
}

function mean(bucket: readonly Point[], axis: 0 | 1): number {
  return bucket.reduce((sum, point) => sum + point[axis], 0) / bucket.length;
}
