import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { badValue, fixOf, messageOf, MtlError } from '../../../core/index.js';

/** @throws MtlError `DATA_INVALID` where the option `dataset.root` is no folder */
export async function checkRoot(root: string): Promise<void> {
  if (await isFolder(root)) return;
  throw badValue('DATA_INVALID', {
    what: 'dataset.root',
    expected: 'a folder',
    found: `no folder at ${root}`,
    fix: 'a relative path starts from the folder of the config file',
  });
}

/** Whether there is a folder; links are followed. */
export function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

export interface Listing {
  /** Names, sorted. */
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/**
 * What lies in a folder; links are followed, hidden entries passed over. Empty where there is no such folder.
 * @throws MtlError `DATA_INVALID` where it, or a link in it, cannot be read
 */
export async function listFolder(folder: string): Promise<Listing> {
  const listing = { folders: [] as string[], files: [] as string[] };
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const kind = entry.isSymbolicLink() ? await followed(join(folder, entry.name)) : entry;
      if (kind.isDirectory()) listing.folders.push(entry.name);
      else if (kind.isFile()) listing.files.push(entry.name);
    }
  } catch (error) {
    if (error instanceof MtlError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return listing;
    throw unlistable(folder, 'a readable folder', error);
  }
  listing.folders.sort(byCodeUnit);
  listing.files.sort(byCodeUnit);
  return listing;
}

async function followed(link: string): Promise<{ isDirectory(): boolean; isFile(): boolean }> {
  try {
    return await stat(link);
  } catch (error) {
    throw unlistable(link, 'a link to a file or folder', error);
  }
}

function unlistable(path: string, expected: string, error: unknown): MtlError {
  return badValue(
    'DATA_INVALID',
    { what: path, expected, found: messageOf(error), fix: fixOf(error) },
    { cause: error },
  );
}

/** An order that no locale changes. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `a, b, c, …`, for messages. */
export function firstFew(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');
}
