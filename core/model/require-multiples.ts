import type { Size } from '../contracts/index.js';
import { badValue } from '../errors.js';

/**
 * Expects an image that a network can halve as often as it does.
 * @param network e.g. `a ResNet`
 * @throws MtlError `SHAPE_MISMATCH` where height or width is no multiple
 */
export function requireMultiples({ height, width }: Size, multiple: number, network: string): void {
  if (height % multiple === 0 && width % multiple === 0) return;
  const nearest = (length: number): number => Math.max(1, Math.round(length / multiple)) * multiple;
  throw badValue('SHAPE_MISMATCH', {
    what: 'dataset.size',
    expected: `height and width that are multiples of ${multiple} for ${network}`,
    found: `[${height}, ${width}]`,
    fix: `try [${nearest(height)}, ${nearest(width)}]`,
  });
}
