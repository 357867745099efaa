/** The largest number of half precision. */
export const largestHalf = 65504;

/**
 * Numbers rounded to half precision (IEEE 754 binary16, to nearest, ties to even), as their bits.
 * @param values at most `largestHalf` in size
 */
export function toHalf(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, bitsOf);
}

const smallestNormal = 2 ** -14;

function bitsOf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  // Below the normal numbers, the bits count steps of 2^−24.
  if (size < smallestNormal) return sign | roundToEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  // Rounding up to the next power of two carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + roundToEven((size / 2 ** exponent - 1) * 1024));
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
