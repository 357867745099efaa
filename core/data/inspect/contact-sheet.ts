import type { RgbImage, Sample, Task } from '../../contracts/index.js';

const gap = 4;

/**
 * Pictures of samples: a row each, the image and then what each task is to learn from it. Tasks that predict once per
 * image have no picture; a label that a sample lacks is black.
 */
export function contactSheet(samples: readonly Sample[], tasks: readonly Task[]): RgbImage {
  const pictured = tasks.filter(({ pooled }) => !pooled);
  return mosaic(samples.map((sample) => [sample.image, ...pictured.map((task) => pictureOf(sample, task))]));
}

function pictureOf(sample: Sample, task: Task): RgbImage {
  const target = task.target(sample);
  if (target) return task.render(target.value, target.mask);
  const { height, width } = task.targetSize(sample);
  return { height, width, channels: 3, data: new Uint8Array(height * width * 3) };
}

/** Pictures side by side on white; those of a column have one width, those of a row one height. */
export function mosaic(rows: readonly (readonly RgbImage[])[]): RgbImage {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.width)));
  const heights = rows.map((row) => Math.max(...row.map(({ height }) => height)));
  const width = sum(widths) + gap * Math.max(0, widths.length - 1);
  const height = sum(heights) + gap * Math.max(0, heights.length - 1);
  const data = new Uint8Array(width * height * 3).fill(255);
  let top = 0;
  for (const [index, row] of rows.entries()) {
    let left = 0;
    for (const [column, picture] of row.entries()) {
      for (let y = 0; y < picture.height; y++) {
        const line = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3);
        data.set(line, ((top + y) * width + left) * 3);
      }
      left += widths[column]! + gap;
    }
    top += heights[index]! + gap;
  }
  return { height, width, channels: 3, data };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
