/** Mid-ranks from 1; equal values share the mean of theirs. */
function ranks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, index) => index);
  order.sort((a, b) => values[a]! - values[b]!);
  const out = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let at = start; at < end; at++) out[order[at]!] = (start + 1 + end) / 2;
    start = end;
  }
  return out;
}

/**
 * Area under the ROC curve: how probable it is that a score is higher where something is true than where it is not,
 * ties counting half. NaN where it is true everywhere or nowhere.
 */
export function auroc(scores: ArrayLike<number>, isTrue: ArrayLike<number>): number {
  const rank = ranks(scores);
  let [positives, sum] = [0, 0];
  for (let at = 0; at < rank.length; at++) {
    if (!isTrue[at]) continue;
    positives += 1;
    sum += rank[at]!;
  }
  const negatives = rank.length - positives;
  return (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Spearman's rank correlation, −1 to 1. NaN where one of the two does not vary. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (x.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let at = 0; at < x.length; at++) {
    const [dx, dy] = [x[at]! - mean, y[at]! - mean];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}
