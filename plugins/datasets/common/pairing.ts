import { firstFew } from './files.js';

/**
 * What is wrong with the files of one label beside the images, as lines of a message; none where each has its other.
 * @param what the option or folder that the label's files come from
 * @param images names of all images
 * @param labels names of all files of the label
 * @param allowMissing whether it is enough that some images have a label
 */
export function mismatch(
  what: string,
  images: Iterable<string>,
  labels: Iterable<string>,
  allowMissing: boolean,
): string[] {
  const [imageNames, labelNames] = [new Set(images), new Set(labels)];
  const without = [...imageNames].filter((name) => !labelNames.has(name));
  const spare = [...labelNames].filter((name) => !imageNames.has(name));
  const fits = allowMissing ? without.length < imageNames.size : without.length + spare.length === 0;
  if (fits) return [];
  return [
    `${what}: expected ${allowMissing ? 'files for some images' : 'one file for every image'}, ` +
      `found ${labelNames.size} files for ${imageNames.size} images`,
    ...(without.length > 0 ? [`  ${without.length} images without a file: ${firstFew(without)}`] : []),
    ...(spare.length > 0 ? [`  ${spare.length} files without an image: ${firstFew(spare)}`] : []),
  ];
}
