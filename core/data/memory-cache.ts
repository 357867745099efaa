import type { Sample } from '../contracts/index.js';

/** Samples kept in memory, up to a limit, so that later epochs need not read them again. */
export class MemoryCache {
  private readonly samples = new Map<string, Sample>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(key: string): Sample | undefined {
    return this.samples.get(key);
  }

  /** Keeps the sample where there is room: an epoch takes each once, so that none is better kept than another. */
  add(key: string, sample: Sample): void {
    const bytes = sizeInBytes(sample);
    if (this.samples.has(key) || this.bytes + bytes > this.maxBytes) return;
    this.samples.set(key, sample);
    this.bytes += bytes;
  }
}

function sizeInBytes({ image, labels }: Sample): number {
  return Object.values(labels).reduce(
    (sum, label) => sum + (label?.data.byteLength ?? 0),
    image.data.byteLength,
  );
}
