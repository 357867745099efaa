import type * as tf from '@tensorflow/tfjs';
import type { Averaging } from '../contracts/index.js';
import { currentWorld } from './current.js';

type Gradients = readonly (tf.Tensor | undefined)[];

interface Bucket<Key> {
  readonly entries: (readonly [Key, Gradients])[];
  bytes: number;
}

interface Sent<Key> {
  readonly entries: Bucket<Key>['entries'];
  readonly averaging: Averaging;
}

/** So much travels at once: enough that a message’s own cost is none, and the first ones go out early. */
export const bucketBytes = 25 * 2 ** 20;
/** More that is under way would only take memory. */
const mostUnderWay = 2;

/**
 * Averages gradients over the ranks while the backward pass that makes them goes on: they are gathered into buckets, and
 * a full one travels. Alone, it hands on what it is given.
 */
export class Averager<Key> {
  private readonly among = currentWorld();
  private bucket: Bucket<Key> = { entries: [], bytes: 0 };
  private readonly sent: Sent<Key>[] = [];

  /** @param use told in the order of `add`; the averages are its own */
  constructor(private readonly use: (key: Key, gradients: Gradients) => void) {}

  /** @param gradients given away; undefined where there is none, which is so on every rank */
  add(key: Key, gradients: Gradients): void {
    if (!this.among) {
      this.use(key, gradients);
      return;
    }
    const { bucket } = this;
    bucket.entries.push([key, gradients]);
    for (const gradient of gradients) bucket.bytes += 4 * (gradient?.size ?? 0);
    if (bucket.bytes >= bucketBytes) this.send();
  }

  /** Sends the rest and waits for all. */
  finish(): void {
    if (this.bucket.entries.length > 0) this.send();
    while (this.sent.length > 0) this.receive();
  }

  private send(): void {
    const { world, gradients: precision } = this.among!;
    const { entries } = this.bucket;
    const tensors = entries.flatMap(([, gradients]) => gradients.filter((one) => one !== undefined));
    this.sent.push({ entries, averaging: world.average(tensors, precision) });
    for (const tensor of tensors) tensor.dispose();
    this.bucket = { entries: [], bytes: 0 };
    if (this.sent.length > mostUnderWay) this.receive();
  }

  private receive(): void {
    const { entries, averaging } = this.sent.shift()!;
    const averages = averaging.finish();
    for (const [key, gradients] of entries)
      this.use(
        key,
        gradients.map((gradient) => gradient && averages.shift()!),
      );
  }
}
