import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Task } from '../../contracts/index.js';
import { badValue } from '../../errors.js';
import type { Model } from '../../model/index.js';

/** What is written for each image. */
export const outputKinds = ['color', 'raw', 'mosaic'] as const;
/** What can be written for an image. */
export type OutputKind = (typeof outputKinds)[number];

/** Name of the file that says what the others are. */
export const indexName = 'predictions.json';
/** No task and no pair of tasks has a name like it. */
export const energyName = 'consistency-energy';

export function edgeName({ from, to }: { readonly from: string; readonly to: string }): string {
  return `${from}-to-${to}`;
}

/** Names of all that is pictured pixel by pixel: tasks, pairs of tasks, the energy. */
export function partNames(
  { tasks, edges }: Pick<Model, 'tasks' | 'edges'>,
  transfer: boolean,
): readonly string[] {
  const pictured = tasks.filter(({ pooled }: Task) => !pooled).map(({ name }) => name);
  if (!transfer) return pictured;
  return [
    ...pictured,
    ...edges.map(({ from, to }) => edgeName({ from: from.name, to: to.name })),
    ...(edges.length > 0 ? [energyName] : []),
  ];
}

/** Where a picture goes, from the output folder: `color/depth/street/0001.png`, `mosaic/street/0001.png`. */
export function outputPath(kind: OutputKind, name: string, part?: string): string {
  return [kind, ...(part === undefined ? [] : [part]), `${name}.png`].join('/');
}

/**
 * Refuses to write over what is there.
 * @param names of the images
 * @throws MtlError `DATA_INVALID` naming the first files that are there
 */
export function assertNew(
  folder: string,
  names: readonly string[],
  { kinds, parts }: { readonly kinds: readonly OutputKind[]; readonly parts: readonly string[] },
): void {
  const there = new Set(kinds.flatMap((kind) => filesIn(folder, kind)));
  const taken = existsSync(join(folder, indexName)) ? [indexName] : [];
  for (const name of there.size > 0 ? names : []) {
    for (const kind of kinds) {
      const paths =
        kind === 'mosaic' ? [outputPath(kind, name)] : parts.map((part) => outputPath(kind, name, part));
      taken.push(...paths.filter((path) => there.has(path)));
    }
  }
  if (taken.length === 0) return;
  throw badValue('DATA_INVALID', {
    what: 'the folder for the predictions',
    expected: 'none of the files that would be written',
    found: `${taken.length} of them in ${folder}, e.g. ${taken[0]}`,
    fix: 'name another folder, or allow them to be replaced (--force)',
  });
}

function filesIn(folder: string, kind: OutputKind): readonly string[] {
  const path = join(folder, kind);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
