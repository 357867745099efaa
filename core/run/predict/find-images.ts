import { statSync, type Stats } from 'node:fs';
import { dirname, parse, relative, resolve, sep } from 'node:path';
import { glob } from 'tinyglobby';
import { badValue } from '../../errors.js';

/** A picture to predict for. */
export interface FoundImage {
  /** Absolute path. */
  readonly file: string;
  /** Of what is written for it, e.g. `street/0001`: its path from the folder that all lie in, without its extension. */
  readonly name: string;
}

const pictures = '**/*.{png,jpg,jpeg,webp,tif,tiff,gif,avif}';

/**
 * The pictures that paths name, sorted, each once.
 * @param paths files, folders (with all that is named like a picture below them; hidden ones are passed over) and globs
 * @param except folders whose files are not meant
 * @throws MtlError `DATA_INVALID` where a path names nothing
 */
export async function findImages(
  paths: readonly string[],
  except: readonly string[] = [],
): Promise<readonly FoundImage[]> {
  const files = new Set<string>();
  const roots: string[] = [];
  for (const path of paths) {
    const { root, found } = await expand(path);
    const meant = found.filter((file) => !except.some((folder) => file.startsWith(folder + sep)));
    if (meant.length === 0) throw nothing(path);
    roots.push(root);
    for (const file of meant) files.add(file);
  }
  return named([...files].sort(byCodeUnit), commonFolder(roots));
}

async function expand(path: string): Promise<{ readonly root: string; readonly found: readonly string[] }> {
  const absolute = resolve(path);
  const entry = entryOf(absolute);
  if (entry?.isDirectory()) {
    const found = await glob(pictures, {
      cwd: absolute,
      absolute: true,
      caseSensitiveMatch: false,
      expandDirectories: false,
    });
    return { root: absolute, found: found.map((file) => resolve(file)) };
  }
  if (entry) return { root: dirname(absolute), found: [absolute] };
  const wild = path.search(/[*?{[(]/);
  if (wild < 0) return { root: absolute, found: [] };
  const found = await glob(path, { absolute: true, expandDirectories: false });
  return { root: dirname(resolve(`${path.slice(0, wild)}.`)), found: found.map((file) => resolve(file)) };
}

function entryOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // Not there, or a glob.
    return undefined;
  }
}

/** Pictures that differ in their extension alone keep it in their names. */
function named(files: readonly string[], root: string): readonly FoundImage[] {
  const paths = files.map((file) => relative(root, file).split(sep).join('/'));
  const count = new Map<string, number>();
  for (const path of paths) count.set(bare(path), (count.get(bare(path)) ?? 0) + 1);
  const isTaken = (path: string): boolean => count.get(bare(path))! > 1;
  return files.map((file, index) => {
    const path = paths[index]!;
    return { file, name: isTaken(path) ? path : bare(path) };
  });
}

function bare(path: string): string {
  const { dir, name } = parse(path);
  return dir ? `${dir}/${name}` : name;
}

function commonFolder(folders: readonly string[]): string {
  let common = folders[0]!;
  while (!folders.every((folder) => folder === common || folder.startsWith(withEnd(common)))) {
    common = dirname(common);
  }
  return common;
}

function withEnd(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function nothing(path: string): Error {
  return badValue('DATA_INVALID', {
    what: 'the images',
    expected: 'pictures, folders with pictures, or globs that find some',
    found: `none at ${path}`,
    fix: `pictures in a folder are known by their extension, ${pictures.slice(pictures.indexOf('{') + 1, -1)}`,
  });
}
