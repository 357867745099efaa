import type { Raster, RgbImage, Task } from '../../contracts/index.js';
import { batchImages, resizeNearest, separate, within, type HostBatch } from '../../data/index.js';
import type { DecodedPredictions } from '../../evaluation/index.js';

/** Pictures are drawn no larger: they are looked at beside each other, once a validation. */
const longestSide = 256;

/**
 * A row for each of a batch's first samples: the image, then what each task was to predict and what it predicted. Tasks
 * that predict once per image have no picture.
 */
export function panelRows(
  { image, shape, targets }: HostBatch,
  predictions: DecodedPredictions,
  tasks: readonly Task[],
  count: number,
): readonly (readonly RgbImage[])[] {
  const [size, height, width] = shape;
  const rows = Math.min(size, count);
  const images = batchImages(image, [rows, height, width]).map((picture) =>
    resizeNearest(picture, within(picture, longestSide)),
  );
  const columns = tasks
    .filter(({ pooled }) => !pooled)
    .map((task) => {
      const predicted = predictions[task.name]!;
      let at = 0;
      return separate(targets[task.name]!)
        .slice(0, rows)
        .map(({ value, mask }) => {
          const data = predicted.subarray(at, (at += value.data.length));
          return [drawn(task, value, mask), drawn(task, { ...value, data })] as const;
        });
    });
  return images.map((picture, row) => [picture, ...columns.flatMap((pairs) => pairs[row]!)]);
}

/** Made smaller before it is drawn, and without mixing: of class ids there is no mean. */
function drawn(task: Task, value: Raster, mask?: Uint8Array): RgbImage {
  const size = within(value, longestSide);
  const small = mask && resizeNearest({ ...value, channels: 1, data: mask }, size).data;
  return task.render(resizeNearest(value, size), small);
}
