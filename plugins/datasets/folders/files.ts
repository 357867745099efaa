import { parse, relative, resolve, sep } from 'node:path';
import { glob } from 'tinyglobby';
import { badValue, MtlError } from '../../../core/index.js';
import { byCodeUnit, checkRoot, firstFew } from '../common/files.js';
import { mismatch } from '../common/pairing.js';
import type { FolderOptions } from './options.js';

/** The files that make up one sample. */
export interface SampleFiles {
  readonly name: string;
  readonly rgb: string;
  readonly labels: string | undefined;
  readonly depth: string | undefined;
  readonly normals: string | undefined;
}

const labelKinds = ['labels', 'depth', 'normals'] as const;
type LabelKind = (typeof labelKinds)[number];

/**
 * All samples of the folder, by name: files of different kinds belong together where their paths agree, each counted
 * from the fixed part of its glob, without extension and suffix.
 * @param root absolute path that the globs start from
 * @throws MtlError `DATA_INVALID` where a glob finds nothing, two files have one name, or files do not pair up.
 */
export async function findSamples(root: string, options: FolderOptions): Promise<readonly SampleFiles[]> {
  await checkRoot(root);
  const { suffix } = options;
  const images = await filesByName(root, 'rgb', options.rgb, suffix.rgb);
  const found = new Map<LabelKind, ReadonlyMap<string, string>>();
  for (const kind of labelKinds) {
    const pattern = options[kind]?.files;
    if (pattern) found.set(kind, await filesByName(root, kind, pattern, suffix[kind]));
  }
  const mismatches = [...found].flatMap(([kind, files]) =>
    mismatch(`dataset.${kind}.files`, images.keys(), files.keys(), options.allowMissing),
  );
  if (mismatches.length > 0) {
    throw new MtlError(
      'DATA_INVALID',
      `${mismatches.join('\n')}\n` +
        '  Files belong together where their names agree, without folder of the glob, extension and `suffix`. ' +
        'Mend the globs or `suffix`, or set `allowMissing: true` where samples may lack labels',
    );
  }
  return [...images.keys()].sort(byCodeUnit).map((name) => ({
    name,
    rgb: images.get(name)!,
    labels: found.get('labels')?.get(name),
    depth: found.get('depth')?.get(name),
    normals: found.get('normals')?.get(name),
  }));
}

/**
 * Images that are there to be trained on without labels; their names begin with `unlabelled/`.
 * @param samples those with labels
 * @throws MtlError `DATA_INVALID` where the glob finds nothing, two files have one name, or it finds a sample's image
 */
export async function findUnlabelled(
  root: string,
  pattern: string,
  samples: readonly SampleFiles[],
): Promise<readonly SampleFiles[]> {
  const images = await filesByName(root, 'unlabelled', pattern, '');
  const taken = new Set(samples.map(({ rgb }) => rgb));
  const both = [...images.values()].filter((file) => taken.has(file));
  if (both.length > 0) {
    throw badValue('DATA_INVALID', {
      what: 'dataset.unlabelled',
      expected: 'images that dataset.rgb does not find',
      found: `${both.length} that it finds, too: ${firstFew(both)}`,
      fix: 'narrow one of the two globs',
    });
  }
  return [...images.keys()].sort(byCodeUnit).map((name) => ({
    name: `unlabelled/${name}`,
    rgb: images.get(name)!,
    labels: undefined,
    depth: undefined,
    normals: undefined,
  }));
}

async function filesByName(
  root: string,
  kind: 'rgb' | 'unlabelled' | LabelKind,
  pattern: string,
  suffix: string,
): Promise<ReadonlyMap<string, string>> {
  const what = kind === 'rgb' || kind === 'unlabelled' ? `dataset.${kind}` : `dataset.${kind}.files`;
  const files = await glob(pattern, { cwd: root, absolute: true, expandDirectories: false });
  if (files.length === 0) {
    throw badValue('DATA_INVALID', {
      what,
      expected: 'a glob that finds at least one file',
      found: `no file that fits "${pattern}" in ${root}`,
    });
  }
  const prefix = resolve(root, fixedPrefix(pattern));
  const byName = new Map<string, string>();
  for (const file of files.sort(byCodeUnit)) {
    const { dir, name: base } = parse(relative(prefix, file).split(sep).join('/'));
    const path = dir ? `${dir}/${base}` : base;
    if (!path.endsWith(suffix)) {
      throw badValue('DATA_INVALID', {
        what,
        expected: `only files whose names end with "${suffix}" (suffix.${kind})`,
        found: file,
        fix: 'narrow the glob',
      });
    }
    const name = path.slice(0, path.length - suffix.length);
    const other = byName.get(name);
    if (other !== undefined) {
      throw badValue('DATA_INVALID', {
        what,
        expected: 'one file for each name',
        found: `${other} and ${file}, both named "${name}"`,
        fix: 'narrow the glob to one extension',
      });
    }
    byName.set(name, file);
  }
  return byName;
}

/** The folders of a glob before its first wildcard, e.g. `rgb` of `rgb/*.png`. */
function fixedPrefix(pattern: string): string {
  const wild = pattern.search(/[*?{[(]/);
  const head = wild < 0 ? pattern : pattern.slice(0, wild);
  return head.slice(0, head.lastIndexOf('/') + 1);
}
