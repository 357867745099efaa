import type { HostTarget } from '../contracts/index.js';
import { badValue } from '../errors.js';
import type { BatchPart } from '../world/current.js';
import type { Example } from './prepare.js';

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
  /** Which samples of a whole batch these are; absent = all of them. */
  readonly part?: BatchPart;
}

/**
 * Puts samples side by side.
 * @param examples at least one, all of one size and prepared for the same tasks
 * @throws MtlError `SAMPLE_INVALID` naming the sample that has another size than the first
 */
export function collate(examples: readonly Example[]): HostBatch {
  const first = examples[0];
  if (!first) throw new RangeError('collate: expected at least one example');
  const { height, width } = first;
  for (const { id, ...size } of examples) {
    if (size.height === height && size.width === width) continue;
    throw badValue('SAMPLE_INVALID', {
      what: `the image of sample ${id}`,
      expected: `${height}×${width}, as in the rest of its batch`,
      found: `${size.height}×${size.width}`,
      fix: 'a data set must give all samples in one size',
    });
  }
  return {
    size: examples.length,
    ids: examples.map(({ id }) => id),
    image: joined(examples.map(({ image }) => image)),
    shape: [examples.length, height, width, 3],
    targets: Object.fromEntries(
      Object.entries(first.targets).map(([task, { shape }]) => [
        task,
        {
          value: joined(examples.map(({ targets }) => targets[task]!.value)),
          mask: joined(examples.map(({ targets }) => targets[task]!.mask)),
          shape: [examples.length, ...shape],
        },
      ]),
    ),
  };
}

/** One task's targets of a batch, image by image. */
export function separate({ value, mask, shape }: HostBatchTarget): HostTarget[] {
  const [size, height, width, channels] = shape;
  const pixels = height * width;
  return Array.from({ length: size }, (_, image) => ({
    value: {
      height,
      width,
      channels,
      data: value.subarray(image * pixels * channels, (image + 1) * pixels * channels),
    },
    mask: new Uint8Array(mask.subarray(image * pixels, (image + 1) * pixels)),
  }));
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
