import {
  definePlugin,
  MtlError,
  Registry,
  RunContainer,
  tokens,
  type Dataset,
  type ExportSource,
  type PartSpec,
  type SplitName,
} from '../../../core/index.js';
import { cityscapes, exporters, folders, nyuv2, scenes } from '../../../plugins/datasets/index.js';

export const registry = new Registry([
  definePlugin({ name: 'test', datasets: { cityscapes, folders, nyuv2, scenes }, exporters }),
]);

/** A data set by its options, `name` and all. @param baseFolder where relative paths start */
export function makeDataset(options: PartSpec, baseFolder = '.'): Dataset {
  const deps = new RunContainer().provide(tokens.baseFolder, baseFolder).provide(tokens.seed, 0);
  return registry.create('dataset', options, deps);
}

/** Writes splits of a data set. @returns the config that reads them back, with its root */
export async function exportTo(
  exporter: keyof typeof exporters,
  dataset: Dataset,
  names: readonly SplitName[],
  folder: string,
  onProgress?: ExportSource['onProgress'],
): Promise<PartSpec> {
  const splits = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await dataset.split(name)] as const)),
  );
  const written = await registry
    .create('exporter', { name: exporter }, new RunContainer())
    .write({ dataset, splits, onProgress }, folder);
  return { name: 'absent', ...written, root: folder };
}

/** The error that some work ends with. */
export async function failure(work: Promise<unknown> | (() => unknown)): Promise<MtlError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof MtlError) return error;
    throw error;
  }
  throw new Error('expected an error, found none');
}
