import { Worker } from 'node:worker_threads';
import type { Stateful } from '../../contracts/index.js';
import { messageOf, MtlError } from '../../errors.js';
import type { Places, WriteReply, WriteRequest } from './messages.js';
import { takeSnapshot } from './snapshot.js';

/** State that is taken down, on its way to the disk. */
export interface Saving {
  readonly file: string;
  /** Resolves when the file is in place. */
  readonly written: Promise<void>;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Writes checkpoints on a thread of its own, one after the other; training goes on as soon as the state is taken down. */
export class CheckpointWriter {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting & { readonly file: string }>();
  private requests = 0;

  /**
   * @returns when the state is taken down
   * @throws MtlError `RUN_INVALID` by `written`, where the disk is full or the like; no file is changed then
   */
  async save(places: Places, parts: Readonly<Record<string, Stateful>>): Promise<Saving> {
    const snapshot = await takeSnapshot(parts);
    const id = this.requests++;
    const { file } = places;
    const worker = (this.worker ??= this.start());
    const written = new Promise<void>((resolve, reject) => {
      this.waiting.set(id, { file, resolve, reject });
    });
    // Told to whoever waits for it, at the next save or at the end.
    written.catch(() => undefined);
    // What is under way keeps the process alive.
    worker.ref();
    const buffers = [...snapshot.tensors.values()].map(({ data }) => data.buffer as ArrayBuffer);
    worker.postMessage({ id, snapshot, places } satisfies WriteRequest, buffers);
    return { file, written };
  }

  /** Waits for what is under way, whatever comes of it, and ends the thread. */
  async close(): Promise<void> {
    const { worker } = this;
    if (!worker) return;
    while (this.waiting.size > 0) {
      await new Promise<void>((resolve) => {
        worker.once('message', () => resolve()).once('exit', () => resolve());
      });
    }
    this.worker = undefined;
    await worker.terminate();
  }

  private start(): Worker {
    const worker = new Worker(new URL('./worker.js', import.meta.url));
    worker.on('message', ({ id, failure }: WriteReply) => this.settle(id, failure));
    worker.on('error', (error) => this.end(messageOf(error)));
    worker.on('exit', () => this.end('the thread that writes it ended'));
    return worker;
  }

  private settle(id: number, failure: string | undefined): void {
    const { resolve, reject } = this.waiting.get(id)!;
    this.waiting.delete(id);
    if (this.waiting.size === 0) this.worker?.unref();
    if (failure === undefined) resolve();
    else reject(unwritten(failure));
  }

  private end(reason: string): void {
    this.worker = undefined;
    for (const { file, reject } of this.waiting.values())
      reject(unwritten(`Cannot write the checkpoint ${file}: ${reason}`));
    this.waiting.clear();
  }
}

function unwritten(failure: string): MtlError {
  return new MtlError(
    'RUN_INVALID',
    `${failure}; the checkpoint before it is as it was, go on from there with --resume`,
  );
}
