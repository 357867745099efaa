import type { HostTarget, Sample, Size, Task } from '../contracts/index.js';
import { badValue } from '../errors.js';

/** Mean of ImageNet's R, G, B, of values in 0–1. */
export const imageMean = [0.485, 0.456, 0.406] as const;
/** Standard deviation of ImageNet's R, G, B, of values in 0–1. */
export const imageStd = [0.229, 0.224, 0.225] as const;

/** One task's labels for one sample, ready for a batch. */
export interface ExampleTarget {
  /** [height, width, the task's targetChannels]; zero where masked. */
  readonly value: Float32Array<ArrayBuffer>;
  /** [height, width]; 1 = labelled, 0 = not. All zero for a sample without this task's labels. */
  readonly mask: Float32Array<ArrayBuffer>;
  readonly shape: readonly [height: number, width: number, channels: number];
}

/** One sample, ready for a batch: what it takes to get here needs neither the engine nor the thread that drives it. */
export interface Example extends Size {
  readonly id: string;
  /** [height, width, 3], (pixel / 255 − `imageMean`) / `imageStd`. */
  readonly image: Float32Array<ArrayBuffer>;
  /** By the task's name. */
  readonly targets: Readonly<Record<string, ExampleTarget>>;
}

/**
 * The image normalised, and every task's labels with their mask.
 * @throws MtlError `SAMPLE_INVALID` naming the sample (and the task) whose image or target has another size than
 *   the sample, or than the task says.
 */
export function prepare(sample: Sample, tasks: readonly Task[]): Example {
  checkImage(sample);
  const { id, height, width } = sample;
  return {
    id,
    height,
    width,
    image: normalise(sample.image.data),
    targets: Object.fromEntries(tasks.map((task) => [task.name, prepareTarget(sample, task)])),
  };
}

function prepareTarget(sample: Sample, task: Task): ExampleTarget {
  const { height, width } = task.targetSize(sample);
  const channels = task.targetChannels;
  const value = new Float32Array(height * width * channels);
  const mask = new Float32Array(height * width);
  const shape = [height, width, channels] as const;
  const target = task.target(sample);
  if (!target) return { value, mask, shape };
  checkTarget(target, sample, task, { height, width });
  mask.set(target.mask);
  value.set(target.value.data);
  for (let pixel = 0; pixel < mask.length; pixel++) {
    if (mask[pixel] === 0) value.fill(0, pixel * channels, (pixel + 1) * channels);
  }
  return { value, mask, shape };
}

/** Of an 8-bit value v in channel c, at [c · 256 + v]. */
const normalised = Float32Array.from(
  { length: 3 * 256 },
  (_, at) => ((at % 256) / 255 - imageMean[at >> 8]!) / imageStd[at >> 8]!,
);

function normalise(pixels: Uint8Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    out[at] = normalised[pixels[at]!]!;
    out[at + 1] = normalised[256 + pixels[at + 1]!]!;
    out[at + 2] = normalised[512 + pixels[at + 2]!]!;
  }
  return out;
}

function checkImage({ id, image, height, width }: Sample): void {
  const fits =
    image.height === height &&
    image.width === width &&
    image.channels === 3 &&
    image.data.length === height * width * 3;
  if (fits) return;
  throw badValue('SAMPLE_INVALID', {
    what: `the image of sample ${id}`,
    expected: `${height}×${width}×3 numbers, the sample’s size`,
    found: `${image.height}×${image.width}×${image.channels}, ${image.data.length} numbers`,
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
