import { AnsweringThread } from '../../answering-thread.js';
import type { Stateful } from '../../contracts/index.js';
import { MtlError } from '../../errors.js';
import type { Places, WriteReply, WriteRequest } from './messages.js';
import { takeSnapshot } from './snapshot.js';

/** State that is taken down, on its way to the disk. */
export interface Saving {
  readonly file: string;
  /** Resolves when the file is in place. */
  readonly written: Promise<void>;
}

/** Writes checkpoints on a thread of its own, one after the other; training goes on as soon as the state is taken down. */
export class CheckpointWriter {
  private thread: AnsweringThread<WriteRequest, WriteReply> | undefined;
  /** Settles when all that was given is written, or could not be. */
  private last: Promise<unknown> = Promise.resolve();

  /**
   * @returns when the state is taken down
   * @throws MtlError `RUN_INVALID` by `written`, where the disk is full or the like; no file is changed then
   */
  async save(places: Places, parts: Readonly<Record<string, Stateful>>): Promise<Saving> {
    const snapshot = await takeSnapshot(parts);
    const written = this.write({ snapshot, places });
    // Told to whoever waits for it, at the next save or at the end.
    this.last = Promise.allSettled([this.last, written]);
    return { file: places.file, written };
  }

  /** Waits for what is under way, whatever comes of it, and ends the thread. */
  async close(): Promise<void> {
    const { thread } = this;
    this.thread = undefined;
    await this.last;
    await thread?.terminate();
  }

  private async write(request: WriteRequest): Promise<void> {
    if (!this.thread || this.thread.hasEnded)
      this.thread = new AnsweringThread(
        new URL('./worker.js', import.meta.url),
        'the thread that writes it ended',
      );
    const buffers = [...request.snapshot.tensors.values()].map(({ data }) => data.buffer as ArrayBuffer);
    const { failure } = await this.thread.ask(request, buffers).catch((reason: Error) => {
      throw unwritten(`Cannot write the checkpoint ${request.places.file}: ${reason.message}`);
    });
    if (failure !== undefined) throw unwritten(failure);
  }
}

function unwritten(failure: string): MtlError {
  return new MtlError(
    'RUN_INVALID',
    `${failure}; the checkpoint before it is as it was, go on from there with --resume`,
  );
}
