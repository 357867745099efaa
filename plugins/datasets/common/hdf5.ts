import type * as Library from 'h5wasm/node';
import { messageOf } from '../../../core/index.js';

export type Hdf5File = Library.File;
export type Hdf5Array = Library.Dataset;

type Hdf5 = typeof Library;

let library: Promise<Hdf5> | undefined;

/** libhdf5, loaded where a file needs it. It reads and writes files in place, not in memory of its own. */
export function hdf5(): Promise<Hdf5> {
  library ??= load();
  return library;
}

async function load(): Promise<Hdf5> {
  const loaded = await import('h5wasm/node');
  const module = await loaded.ready;
  // Else it prints its failures and goes on.
  module.activate_throwing_error_handler();
  return loaded;
}

/**
 * Numbers of an array's part, whatever their type; undefined where there is no array of that name in the file itself. Links
 * are not followed: they may lead to any other file of this machine.
 */
export function arrayOf(file: Hdf5File, name: string): Hdf5Array | undefined {
  if (!file.keys().includes(name) || isLink(file, name)) return undefined;
  const found = file.get(name);
  return found && 'slice' in found ? found : undefined;
}

function isLink(file: Hdf5File, name: string): boolean {
  const outside = file.get_external_link(`/${name}`) as { readonly filename?: string } | null;
  return outside?.filename !== undefined || file.get_link(`/${name}`) !== null;
}

/** The cause of a failure of libhdf5, which stands last in its stack of reports. */
export function hdf5Message(error: unknown): string {
  const message = messageOf(error);
  const reports = [...message.matchAll(/^\s*#\d+:.*?\(\): (.*)$/gm)];
  return reports.at(-1)?.[1] ?? message.split('\n')[0]!;
}
