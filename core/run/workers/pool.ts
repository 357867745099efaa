import { AnsweringThread } from '../../answering-thread.js';
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

class Thread {
  private readonly thread: AnsweringThread<WorkerRequest, WorkerReply>;

  constructor(start: WorkerStart) {
    this.thread = new AnsweringThread(new URL('./worker.js', import.meta.url), 'it ended', {
      workerData: start,
    });
  }

  async load(request: WorkerRequest): Promise<Example> {
    const reply = await this.thread.ask(request).catch((reason: Error) => {
      throw new MtlError(
        'DATA_INVALID',
        `A thread that loads data stopped: ${reason.message}; with loader.workers=0 the main thread loads`,
        { cause: reason },
      );
    });
    if ('example' in reply) return reply.example;
    throw fromFailure(reply.failure);
  }

  dispose(): void {
    void this.thread.terminate();
  }
}
