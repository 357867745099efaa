import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Dataset, SplitName, Task } from '../contracts/index.js';
import { taskSpec, type LoadedConfig } from '../config/index.js';
import { BadSamples, DiskCache, Loader, Reader, type BadSample } from '../data/index.js';
import { badValue } from '../errors.js';
import { RunContainer, tokens, type DataInfo } from '../registry/index.js';
import { localPlace } from '../world/launch.js';
import { WorkerPool } from './workers/pool.js';

/** What a config says about data, come to life; needs no engine. */
export interface Data {
  readonly dataset: Dataset;
  readonly tasks: readonly Task[];
}

/** The data set and the tasks that a config names. Threads that load data make their own. */
export function openData(loaded: LoadedConfig): Data {
  const { config, registry } = loaded;
  const dataset = registry.create('dataset', config.dataset, runContainer(loaded));
  return { dataset, tasks: makeTasks(loaded, dataInfo(dataset)) };
}

/** What is known of a data set without its samples. */
export function dataInfo({ size, labels }: Dataset): DataInfo {
  return { size, labels };
}

export function makeTasks(loaded: LoadedConfig, data: DataInfo): readonly Task[] {
  const { config, registry } = loaded;
  return Object.entries(config.tasks).map(([name, options]) =>
    registry.create(
      'task',
      taskSpec(name, options),
      runContainer(loaded).provide(tokens.data, data).provide(tokens.taskName, name),
      `tasks.${name}`,
    ),
  );
}

export function runContainer({ config, registry, baseFolder }: LoadedConfig): RunContainer {
  return new RunContainer()
    .provide(tokens.registry, registry)
    .provide(tokens.baseFolder, baseFolder)
    .provide(tokens.seed, config.train.seed);
}

/** Below this many samples a thread takes longer to start than it saves. */
const worthAThread = 64;
const mostThreads = 4;

/** Gives a run's splits as batches, from this thread or from others. */
export class DataLoading {
  private readonly reader: Reader;
  private pool: WorkerPool | undefined;
  private cleaned: Promise<void> | undefined;

  constructor(
    private readonly loaded: LoadedConfig,
    data: Data,
  ) {
    this.reader = readerOf(loaded, data, 1);
  }

  /**
   * @param onBad told of each sample that is left out
   * @throws MtlError `DATA_INVALID` where the split is absent or empty, or its files do not fit together
   */
  async open(name: SplitName, onBad?: (sample: BadSample) => void): Promise<Loader> {
    const { loader: settings } = this.loaded.config;
    this.cleaned ??= diskCacheOf(this.loaded)?.clean();
    const { length, groups } = await this.reader.split(name);
    if (length === 0) {
      throw badValue('DATA_INVALID', {
        what: `the ${name} split`,
        expected: 'at least one sample',
        found: 'none',
      });
    }
    const pool = this.poolFor(length);
    const source = pool ? { length, groups, load: pool.loads(name) } : await this.reader.source(name);
    return new Loader(source, {
      prefetch: settings.prefetch,
      bad: new BadSamples(name, length, settings, onBad),
    });
  }

  /** Ends the threads; what they are still asked for fails. */
  dispose(): void {
    this.pool?.dispose();
  }

  private get threads(): number {
    const { workers } = this.loaded.config.loader;
    if (workers !== 'auto') return workers;
    // A plugin that was given as an object cannot be found again by another thread.
    const found = this.loaded.plugins.every(({ module }) => module !== undefined);
    const cores = Math.max(1, Math.floor(availableParallelism() / localPlace().size));
    return found ? Math.min(mostThreads, cores - 1) : 0;
  }

  /** @throws MtlError `CONFIG_INVALID` where threads are asked for that cannot find a plugin */
  private poolFor(length: number): WorkerPool | undefined {
    const { loaded, threads } = this;
    const isAuto = loaded.config.loader.workers === 'auto';
    if (threads === 0 || (isAuto && length < worthAThread && !this.pool)) return undefined;
    this.pool ??= new WorkerPool(loaded, threads);
    return this.pool;
  }
}

/** @param share of the memory for decoded samples, 0–1 */
export function readerOf(loaded: LoadedConfig, data: Data, share: number): Reader {
  return new Reader({
    ...data,
    memory: share * loaded.config.loader.memory * 2 ** 20,
    disk: diskCacheOf(loaded),
  });
}

function diskCacheOf({ config, baseFolder }: LoadedConfig): DiskCache | undefined {
  const { cache } = config.loader;
  return cache === null
    ? undefined
    : new DiskCache(resolve(baseFolder, cache), JSON.stringify([baseFolder, config.dataset]));
}
