import type { HostTarget, Sample, Size, Task } from '../contracts/index.js';
import { badValue } from '../errors.js';

/** Mean of ImageNet's R, G, B, of values in 0–1. */
export const imageMean = [0.485, 0.456, 0.406] as const;
/** Standard deviation of ImageNet's R, G, B, of values in 0–1. */
export const imageStd = [0.229, 0.224, 0.225] as const;

/** One task's labels for a batch, on the host. */
export interface HostBatchTarget {
  /** Zero where masked. */
  readonly value: Float32Array;
  /** [batch, height, width, 1]; 1 = labelled, 0 = not. All zero for a sample without this task's labels. */
  readonly mask: Float32Array;
  /** Shape of `value`: [batch, height, width, the task's targetChannels]. */
  readonly shape: readonly [number, number, number, number];
}

/** Samples side by side, on the host. */
export interface HostBatch {
  /** Number of samples. */
  readonly size: number;
  readonly ids: readonly string[];
  /** (pixel / 255 − `imageMean`) / `imageStd`. */
  readonly image: Float32Array;
  /** Shape of `image`: [batch, height, width, 3]. */
  readonly shape: readonly [number, number, number, 3];
  /** By the task's name. */
  readonly targets: Readonly<Record<string, HostBatchTarget>>;
}

/**
 * Puts samples side by side: the image normalised, and every task's labels with their mask.
 * @param samples at least one, all of one size
 * @throws MtlError `SAMPLE_INVALID` naming the sample (and the task) whose image or target has another size than
 *   the first image, or than the task says.
 */
export function collate(samples: readonly Sample[], tasks: readonly Task[]): HostBatch {
  const first = samples[0];
  if (!first) throw new RangeError('collate: expected at least one sample');
  const { height, width } = first;
  const image = new Float32Array(samples.length * height * width * 3);
  samples.forEach((sample, index) => {
    checkImage(sample, first);
    normalise(sample.image.data, image.subarray(index * height * width * 3));
  });
  return {
    size: samples.length,
    ids: samples.map(({ id }) => id),
    image,
    shape: [samples.length, height, width, 3],
    targets: Object.fromEntries(tasks.map((task) => [task.name, collateTarget(samples, task, first)])),
  };
}

function collateTarget(samples: readonly Sample[], task: Task, image: Size): HostBatchTarget {
  const { height, width } = task.targetSize(image);
  const channels = task.targetChannels;
  const pixels = height * width;
  const value = new Float32Array(samples.length * pixels * channels);
  const mask = new Float32Array(samples.length * pixels);
  samples.forEach((sample, index) => {
    const target = task.target(sample);
    if (!target) return;
    checkTarget(target, sample, task, { height, width });
    mask.set(target.mask, index * pixels);
    value.set(target.value.data, index * pixels * channels);
    for (let pixel = 0; pixel < pixels; pixel++) {
      if (target.mask[pixel] !== 0) continue;
      const from = (index * pixels + pixel) * channels;
      for (let at = from; at < from + channels; at++) value[at] = 0;
    }
  });
  return { value, mask, shape: [samples.length, height, width, channels] };
}

/** Of an 8-bit value v in channel c, at [c · 256 + v]. */
const normalised = Float32Array.from(
  { length: 3 * 256 },
  (_, at) => ((at % 256) / 255 - imageMean[at >> 8]!) / imageStd[at >> 8]!,
);

function normalise(pixels: Uint8Array, out: Float32Array): void {
  for (let at = 0; at < pixels.length; at += 3) {
    out[at] = normalised[pixels[at]!]!;
    out[at + 1] = normalised[256 + pixels[at + 1]!]!;
    out[at + 2] = normalised[512 + pixels[at + 2]!]!;
  }
}

function checkImage({ id, image }: Sample, { height, width }: Size): void {
  const fits =
    image.height === height &&
    image.width === width &&
    image.channels === 3 &&
    image.data.length === height * width * 3;
  if (fits) return;
  throw badValue('SAMPLE_INVALID', {
    what: `the image of sample ${id}`,
    expected: `${height}×${width}×3 numbers, as in the rest of its batch`,
    found: `${image.height}×${image.width}×${image.channels}, ${image.data.length} numbers`,
    fix: 'a data set must give all samples in one size',
  });
}

function checkTarget({ value, mask }: HostTarget, { id }: Sample, task: Task, { height, width }: Size): void {
  const channels = task.targetChannels;
  const pixels = height * width;
  const fits =
    value.height === height &&
    value.width === width &&
    value.channels === channels &&
    value.data.length === pixels * channels &&
    mask.length === pixels;
  if (fits) return;
  throw badValue('SAMPLE_INVALID', {
    what: `the target of task ${task.name} for sample ${id}`,
    expected: `${height}×${width}×${channels}, that is ${pixels * channels} numbers and a mask of ${pixels}`,
    found:
      `${value.height}×${value.width}×${value.channels}, ` +
      `${value.data.length} numbers and a mask of ${mask.length}`,
    fix: 'a task’s target() must agree with its targetSize() and targetChannels',
  });
}
