/** Anchors of a perceptually ordered map from dark blue over teal and green to yellow, RGB 0–255. */
const anchors = [
  [38, 22, 84],
  [52, 82, 139],
  [37, 132, 142],
  [53, 183, 121],
  [160, 218, 57],
  [253, 231, 60],
] as const;

/** The colour of a value in [0, 1]; values outside get the end's colour. */
export function colorMap(value: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, Number.isNaN(value) ? 0 : value)) * (anchors.length - 1);
  const index = Math.min(anchors.length - 2, Math.floor(place));
  const share = place - index;
  const [from, to] = [anchors[index]!, anchors[index + 1]!];
  const mix = (channel: 0 | 1 | 2): number => Math.round(from[channel] * (1 - share) + to[channel] * share);
  return [mix(0), mix(1), mix(2)];
}
