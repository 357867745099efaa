import type { Dataset, Sample, Split, SplitName, Task } from '../contracts/index.js';
import { Random } from '../random.js';
import { augment } from './augment.js';
import type { DiskCache } from './disk-cache.js';
import type { ExampleSource, Variation } from './loader.js';
import { MemoryCache } from './memory-cache.js';
import { prepare, type Example } from './prepare.js';

/** What a reader reads, for which tasks, and what it may keep. */
export interface ReaderArgs {
  readonly dataset: Dataset;
  readonly tasks: readonly Task[];
  /** Bytes of decoded samples to keep in memory. */
  readonly memory: number;
  readonly disk?: DiskCache | undefined;
}

/** Samples read at once: as many as libuv has threads to decode them; more would only wait in memory. */
const atOnce = 4;

/** Decodes, varies and prepares samples on the thread that it is used on. */
export class Reader {
  private readonly memory: MemoryCache;
  private readonly splits = new Map<SplitName, Promise<Split>>();
  private readonly waiting: (() => void)[] = [];
  private reading = 0;

  constructor(private readonly args: ReaderArgs) {
    this.memory = new MemoryCache(args.memory);
  }

  /** @throws MtlError as `Dataset.split` does */
  split(name: SplitName): Promise<Split> {
    const known = this.splits.get(name);
    if (known) return known;
    const split = this.args.dataset.split(name);
    this.splits.set(name, split);
    return split;
  }

  /** A split's examples, for a `Loader`. */
  async source(name: SplitName): Promise<ExampleSource> {
    const { length, groups } = await this.split(name);
    return { length, groups, load: (index, variation) => this.load(name, index, variation) };
  }

  /**
   * One example, decoded or from a cache, and varied.
   * @throws MtlError `SAMPLE_INVALID` naming the file
   */
  async load(name: SplitName, index: number, variation?: Variation): Promise<Example> {
    if (this.reading === atOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.reading += 1;
    try {
      const sample = await this.sample(name, index);
      return prepare(variation ? this.vary(sample, index, variation) : sample, this.args.tasks);
    } finally {
      const next = this.waiting.shift();
      // Its turn passes on.
      if (next) next();
      else this.reading -= 1;
    }
  }

  private vary(sample: Sample, index: number, { seed, epoch, options }: Variation): Sample {
    return augment(sample, this.args.dataset.labels, new Random(seed, 'augment', epoch, index), options);
  }

  private async sample(name: SplitName, index: number): Promise<Sample> {
    const key = `${name}/${index}`;
    const kept = this.memory.get(key);
    if (kept) return kept;
    const split = await this.split(name);
    const files = this.args.disk && split.files?.(index);
    const sample = files
      ? await this.args.disk.sample(key, files, () => split.sample(index))
      : await split.sample(index);
    this.memory.add(key, sample);
    return sample;
  }
}
