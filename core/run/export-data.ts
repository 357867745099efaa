import { readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Split, SplitName } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import { makeEmptyFolder } from '../io/empty-folder.js';
import { openData, runContainer } from './data.js';

/** What is written, in which layout, and where. */
export interface ExportOptions {
  /** An exporter's name. */
  readonly format: string;
  readonly splits: readonly SplitName[];
  /** New, or empty. */
  readonly folder: string;
  /** Told after each sample. */
  readonly onProgress?: (done: number, of: number) => void;
}

/**
 * Writes the data that a config names in another layout.
 * @returns what stands under `dataset:` in a config that reads it
 * @throws MtlError; what was written until then is removed
 */
export async function exportData(
  loaded: LoadedConfig,
  { format, splits, folder, onProgress }: ExportOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const exporter = loaded.registry.create('exporter', format, runContainer(loaded), '--format');
  const { dataset } = openData(loaded);
  const path = resolve(folder);
  const made = makeEmptyFolder(path, 'DATA_INVALID');
  try {
    const opened: Partial<Record<SplitName, Split>> = {};
    for (const name of splits) opened[name] = await dataset.split(name);
    const written = await exporter.write({ dataset, splits: opened, onProgress }, path);
    return { ...written, root: path };
  } catch (error) {
    for (const name of readdirSync(path)) rmSync(resolve(path, name), { recursive: true });
    if (made) rmSync(path, { recursive: true });
    throw error;
  }
}
