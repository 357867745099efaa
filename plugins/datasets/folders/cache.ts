import type { Sample } from '../../../core/index.js';

const oneGiB = 2 ** 30;

/**
 * Decoded samples by id, up to a number of bytes. What is in stays in: an epoch reads every sample once in random
 * order, so that throwing out the oldest would throw out what is needed next.
 */
export class SampleCache {
  private readonly samples = new Map<string, Sample>();
  private bytes = 0;

  constructor(private readonly maxBytes = oneGiB) {}

  get(id: string): Sample | undefined {
    return this.samples.get(id);
  }

  /** Keeps the sample where there is room. */
  add(sample: Sample): void {
    const bytes = sizeInBytes(sample);
    if (this.samples.has(sample.id) || this.bytes + bytes > this.maxBytes) return;
    this.samples.set(sample.id, sample);
    this.bytes += bytes;
  }
}

function sizeInBytes({ image, labels }: Sample): number {
  return Object.values(labels).reduce(
    (sum, label) => sum + (label?.data.byteLength ?? 0),
    image.data.byteLength,
  );
}
