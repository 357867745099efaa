import { Worker } from 'node:worker_threads';
import type { LoadedConfig } from '../../config/index.js';
import type { SplitName } from '../../contracts/index.js';
import type { Example, ExampleSource } from '../../data/index.js';
import { badValue, MtlError } from '../../errors.js';
import { fromFailure, type WorkerReply, type WorkerRequest, type WorkerStart } from './messages.js';

/**
 * Threads that load samples. A sample always goes to the same thread, so that what one keeps in memory is found again
 * in later epochs.
 */
export class WorkerPool {
  private readonly threads: readonly Thread[];

  /** @throws MtlError `CONFIG_INVALID` where a plugin cannot be found by another thread */
  constructor({ config, baseFolder, plugins }: LoadedConfig, count: number) {
    const start: WorkerStart = {
      config,
      baseFolder,
      modules: plugins.map(({ name, module }) => {
        if (module !== undefined) return module;
        throw badValue('CONFIG_INVALID', {
          what: 'loader.workers',
          expected: '0, or plugins that other threads can find',
          found: `${count}, and the plugin ${name}, which was given as an object without \`module\``,
          fix: 'set `module: import.meta.url` in the plugin and export it as the default, or name it under plugins:',
        });
      }),
      share: 1 / count,
    };
    this.threads = Array.from({ length: count }, () => new Thread(start));
  }

  loads(split: SplitName): ExampleSource['load'] {
    return (index, variation) => this.threads[index % this.threads.length]!.load({ split, index, variation });
  }

  dispose(): void {
    for (const thread of this.threads) thread.dispose();
  }
}

interface Waiting {
  readonly resolve: (example: Example) => void;
  readonly reject: (error: unknown) => void;
}

class Thread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private ended: Error | undefined;
  private requests = 0;

  constructor(start: WorkerStart) {
    this.worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: start });
    this.worker.on('message', (reply: WorkerReply) => this.settle(reply));
    this.worker.on('error', (error) => this.end(error));
    this.worker.on('exit', () => this.end(new Error('it ended')));
    // Only what is asked for keeps the process alive.
    this.worker.unref();
  }

  load(request: Omit<WorkerRequest, 'id'>): Promise<Example> {
    if (this.ended) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      const id = this.requests++;
      if (this.waiting.size === 0) this.worker.ref();
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ ...request, id } satisfies WorkerRequest);
    });
  }

  dispose(): void {
    void this.worker.terminate();
  }

  private settle(reply: WorkerReply): void {
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (this.waiting.size === 0) this.worker.unref();
    if ('example' in reply) waiting?.resolve(reply.example);
    else waiting?.reject(fromFailure(reply.failure));
  }

  private end(reason: Error): void {
    this.ended ??= new MtlError(
      'DATA_INVALID',
      `A thread that loads data stopped: ${reason.message}; with loader.workers=0 the main thread loads`,
      { cause: reason },
    );
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
  }
}
