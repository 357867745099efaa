/** Hues a golden angle apart, so that neighbouring ids look unlike each other, at three brightnesses in turn; 0–255. */
export function classColor(id: number): [number, number, number] {
  const hue = (id * 137.508) % 360;
  const value = [1, 0.75, 0.5][Math.floor(id / 12) % 3]!;
  const saturation = 0.75;
  // HSV → RGB: a channel is v − v·s·clamp(min(k, 4 − k), 0, 1) with k = (n + hue/60) mod 6, n = 5, 3, 1.
  const channel = (n: number): number => {
    const k = (n + hue / 60) % 6;
    return Math.round(255 * (value - value * saturation * Math.min(Math.max(Math.min(k, 4 - k), 0), 1)));
  };
  return [channel(5), channel(3), channel(1)];
}
