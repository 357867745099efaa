import { existsSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createJiti } from 'jiti';

/** Whether a plugin or preset is named by its place rather than by a package's name. */
export function isPath(name: string): boolean {
  return /^\.{0,2}[/\\]/.test(name) || isAbsolute(name);
}

/** The default export of a module; TypeScript needs no build. This runs the module's code. */
export async function importFile(file: string): Promise<unknown> {
  const url = pathToFileURL(file).href;
  const loaded = /\.[cm]?ts$/.test(file)
    ? await createJiti(url).import<Record<string, unknown>>(file)
    : ((await import(url)) as Record<string, unknown>);
  const exported = loaded.default ?? loaded;
  // CommonJS that was compiled from a module keeps its default export one level down.
  const { __esModule: compiled, default: inner } = exported as {
    readonly __esModule?: boolean;
    readonly default?: unknown;
  };
  return compiled ? (inner ?? exported) : exported;
}

/** The file behind a path or a package's name, as seen from a folder. */
export function resolveModule(name: string, folder: string): string {
  if (!isPath(name))
    return fileURLToPath(createJiti(pathToFileURL(join(folder, 'config.js')).href).esmResolve(name));
  const file = resolve(folder, name);
  if (!existsSync(file)) throw new Error(`${file} does not exist`);
  if (statSync(file).isDirectory()) throw new Error(`${file} is a folder; name the module in it`);
  return file;
}
