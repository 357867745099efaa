import { badValue, resizeNearest, type Raster, type Size } from '../../../core/index.js';

/** A label map in the given size, each pixel one of the source's; the map itself where it has that size. */
export function fit<T extends Raster['data']>(raster: Raster<T>, size: Size): Raster<T> {
  return isSameSize(raster, size) ? raster : resizeNearest(raster, size);
}

/**
 * @param image its file and size
 * @param label its file and size
 * @throws MtlError `SAMPLE_INVALID` where a label map has not the size of its image
 */
export function checkSize(image: string, imageSize: Size, label: string, labelSize: Size): void {
  if (isSameSize(imageSize, labelSize)) return;
  throw badValue('SAMPLE_INVALID', {
    what: label,
    expected: `the size of its image ${image}, ${imageSize.height}×${imageSize.width} (height × width)`,
    found: `${labelSize.height}×${labelSize.width}`,
    fix: 'labels must lie pixel by pixel over their image; check that the two files belong together',
  });
}

function isSameSize(a: Size, b: Size): boolean {
  return a.height === b.height && a.width === b.width;
}
