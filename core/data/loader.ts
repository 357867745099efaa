import type { SampleGroup, World } from '../contracts/index.js';
import { badValue } from '../errors.js';
import { unlessStopped } from '../interruption.js';
import { partOf, type BatchPart } from '../world/current.js';
import type { AugmentOptions } from './augment.js';
import type { BadSamples } from './bad-samples.js';
import { collate, type HostBatch } from './collate.js';
import { batchCount, epochOrder, type OrderOptions } from './order.js';
import type { Example } from './prepare.js';

/** How a sample is varied: in another way in each epoch, in the same way wherever and whenever it is loaded. */
export interface Variation {
  readonly seed: number;
  readonly epoch: number;
  readonly options: AugmentOptions;
}

/** One split's samples, ready for a batch, from this thread or from others. */
export interface ExampleSource {
  readonly length: number;
  readonly groups?: readonly SampleGroup[] | undefined;
  /**
   * @param index of the sample in the split
   * @param variation none = the sample as it is
   * @throws MtlError `SAMPLE_INVALID` naming the file and the fix
   */
  load(index: number, variation?: Variation): Promise<Example>;
}

/** How batches are loaded; none of it changes what they hold. */
export interface LoaderSettings {
  /** Batches that may be loading, or be loaded and waiting, at once; 0 = none ahead of their turn. Default 2. */
  readonly prefetch?: number | undefined;
  /** Where samples that cannot be loaded are noted; absent = the first one is an error. */
  readonly bad?: BadSamples | undefined;
}

/** Which batches to load. */
export interface BatchesOptions {
  readonly batchSize: number;
  /** In another random order every epoch; absent = in the split's own order. */
  readonly shuffle?: { readonly seed: number; readonly epoch: number } | undefined;
  /** Needs `shuffle`. Samples are given as they are where absent. */
  readonly augment?: AugmentOptions | undefined;
  /** The first batch to give, for resuming an epoch. Default 0. */
  readonly startBatch?: number | undefined;
  /** Epochs to go through, `shuffle.epoch` and those after it; loading ahead goes on from one into the next. Default 1. */
  readonly epochs?: number | undefined;
  readonly dropLone?: OrderOptions['dropLone'];
  /** Give only a rank's part of each batch; absent = all of it. */
  readonly share?: Pick<World, 'rank' | 'size'> | undefined;
  /** Aborting it ends the wait for a batch. */
  readonly signal?: AbortSignal | undefined;
}

/** A batch that is to be loaded. */
interface Planned {
  /** Its epoch's. */
  readonly order: readonly Uint32Array[];
  /** Its place in it. */
  readonly batch: number;
  readonly shuffle: BatchesOptions['shuffle'];
  readonly augment: BatchesOptions['augment'];
  /** Undefined = all of it. */
  readonly part: BatchPart | undefined;
}

/** A split's samples as batches, loaded ahead of their turn. */
export class Loader {
  private readonly prefetch: number;
  private readonly bad: BadSamples | undefined;

  constructor(
    private readonly source: ExampleSource,
    { prefetch = 2, bad }: LoaderSettings = {},
  ) {
    this.prefetch = prefetch;
    this.bad = bad;
  }

  /** Samples in the split. */
  get length(): number {
    return this.source.length;
  }

  /** How many samples were left out so far since they could not be loaded. */
  get badSamples(): number {
    return this.bad?.count ?? 0;
  }

  /** Batches in an epoch. */
  batchCount({ batchSize, dropLone }: Pick<BatchesOptions, 'batchSize' | 'dropLone'>): number {
    return batchCount({ ...this.shape, batchSize, dropLone });
  }

  /**
   * The batches of an epoch, or of several. What they hold depends on seed, epoch and position alone, so that neither
   * timing nor threads nor prefetch nor a resume at `startBatch` changes anything.
   *
   * A bad sample makes the iteration throw at its batch, after all batches before it were given. Where bad samples are
   * left out, the next one in a shuffled epoch takes its place, so that batches stay full; in the split's own order
   * the batch is smaller, so that none is seen twice.
   * When the iteration ends, or is left early, nothing of it is running any more; only where the signal was aborted,
   * what is being read is left to itself.
   * @throws MtlError whatever the samples throw; `RUN_INVALID` where `startBatch` lies beyond the epoch; `INTERRUPTED`
   *   once the signal is aborted
   */
  async *batches(options: BatchesOptions): AsyncGenerator<HostBatch, void, undefined> {
    const { signal } = options;
    const plan = this.plan(options);
    const loading: Promise<HostBatch | undefined>[] = [];
    let failed = false;
    const loadAhead = (depth: number): void => {
      while (loading.length < depth && !failed) {
        const { value: planned } = plan.next();
        if (!planned) return;
        const batch = this.loadBatch(planned);
        // Also marks the rejection as seen: it is thrown only when the batch's turn comes.
        batch.catch(() => {
          failed = true;
        });
        loading.push(batch);
      }
    };
    try {
      for (;;) {
        loadAhead(Math.max(1, this.prefetch));
        if (loading.length === 0) return;
        const batch = await unlessStopped(loading[0]!, signal);
        // Not before it is there: while awaited it counts as one that is loading.
        void loading.shift();
        loadAhead(this.prefetch);
        if (batch) yield batch;
      }
    } finally {
      if (!signal?.aborted) await Promise.allSettled(loading);
    }
  }

  /** @throws MtlError `RUN_INVALID` where `startBatch` lies beyond the epoch */
  private *plan(options: BatchesOptions): Generator<Planned, undefined, undefined> {
    const { startBatch = 0, epochs = 1, augment, share } = options;
    for (let passed = 0; passed < epochs; passed++) {
      const shuffle = options.shuffle && { ...options.shuffle, epoch: options.shuffle.epoch + passed };
      const order = epochOrder({ ...this.shape, ...options }, shuffle);
      const first = passed === 0 ? startBatch : 0;
      if (first > order.length) throw beyondTheEpoch(first, order.length);
      for (let batch = first; batch < order.length; batch++)
        yield { order, batch, shuffle, augment, part: share && partOf(order[batch]!.length, share) };
    }
  }

  private get shape(): Pick<OrderOptions, 'length' | 'groups'> {
    return { length: this.source.length, groups: this.source.groups };
  }

  /** @returns undefined where no sample of the batch is left */
  private async loadBatch({ order, batch, shuffle, augment, part }: Planned): Promise<HostBatch | undefined> {
    const variation = shuffle && augment && { ...shuffle, options: augment };
    // In training every rank computes something in every step, if only to be asked what the others ask.
    const isIdle = part?.count === 0 && shuffle !== undefined;
    const { first, count } = isIdle
      ? { first: 0, count: 1 }
      : (part ?? { first: 0, count: order[batch]!.length });
    const own = order[batch]!.subarray(first, first + count);
    const loads = Array.from(own, (index) => this.source.load(index, variation));
    // Settled first: an error is told only when none of the batch's samples is being read any more.
    const settled = await Promise.allSettled(loads);
    const examples: Example[] = [];
    for (const [index, outcome] of settled.entries()) {
      const place = first + index;
      if (outcome.status === 'fulfilled') examples.push(outcome.value);
      else {
        this.leaveOut(order[batch]![place]!, outcome.reason);
        if (shuffle) examples.push(await this.substitute(order, batch, place, variation));
      }
    }
    if (examples.length === 0) return undefined;
    return { ...collate(examples), ...(part ? { part } : {}) };
  }

  /** The first sample after a bad one, in the epoch's order and of its group, that can be loaded. */
  private async substitute(
    order: readonly Uint32Array[],
    batch: number,
    place: number,
    variation: Variation | undefined,
  ): Promise<Example> {
    const bad = order[batch]![place]!;
    const after = [...order.slice(batch), ...order.slice(0, batch)].flatMap((indices) => [...indices]);
    const rest = [...after.slice(place + 1), ...after.slice(0, place)];
    const group = this.source.groups?.find(({ start, length }) => bad >= start && bad < start + length);
    for (const index of rest) {
      if (group && (index < group.start || index >= group.start + group.length)) continue;
      try {
        return await this.source.load(index, variation);
      } catch (error) {
        this.leaveOut(index, error);
      }
    }
    throw badValue('DATA_INVALID', { what: 'the split', expected: 'a good sample', found: 'bad ones alone' });
  }

  private leaveOut(index: number, error: unknown): void {
    if (!this.bad) throw error;
    this.bad.leaveOut(index, error);
  }
}

function beyondTheEpoch(startBatch: number, count: number): Error {
  return badValue('RUN_INVALID', {
    what: 'the batch to resume at',
    expected: `at most ${count}, the batches in an epoch`,
    found: String(startBatch),
    fix: 'resume with the data set and the batch size that the run was started with',
  });
}
