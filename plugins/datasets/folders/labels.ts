import type { LabelInfo, Raster } from '../../../core/index.js';
import { classColor } from '../common/class-colors.js';
import { tableMap, voidId, type ClassMap } from '../common/class-map.js';
import type { ClassOptions, DepthOptions, FolderOptions } from './options.js';
import { describeTable } from './table.js';

/** What the configured labels mean, by the name that tasks know them by. */
export function describeLabels({
  labels,
  depth,
  normals,
  table,
}: FolderOptions): Readonly<Record<string, LabelInfo>> {
  return {
    ...(labels ? { segmentation: describeClasses(labels) } : {}),
    ...(depth ? { depth: describeDepth(depth) } : {}),
    ...(normals ? { normals: { kind: 'directions' } } : {}),
    ...(table ? describeTable(table) : {}),
  };
}

function describeClasses({ classes, colors }: ClassOptions): LabelInfo {
  const names =
    typeof classes === 'number' ? Array.from({ length: classes }, (_, id) => `class ${id}`) : classes;
  return { kind: 'classes', names, colors: colors ?? names.map((_, id) => classColor(id)), void: voidId };
}

function describeDepth({ inverse, max }: DepthOptions): LabelInfo {
  return inverse
    ? { kind: 'scalar', unit: '1/m', zoom: 'keep', range: [0, max ?? 1] }
    : { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, max ?? 10] };
}

/** What the values of a class map stand for. */
export function classMap({ classes, map, void: voids }: ClassOptions): ClassMap {
  const count = typeof classes === 'number' ? classes : classes.length;
  const entries = map
    ? Object.entries(map).map(([value, id]) => [Number(value), id] as const)
    : Array.from({ length: count }, (_, id) => [id, id] as const);
  return tableMap([...entries, ...voids.map((value) => [value, voidId] as const)], {
    fix: 'map it to a class by labels.map, list it in labels.void, or correct labels.classes',
    emptyFix:
      'check labels.map and labels.void, remove the file where its image has no labels (allowMissing: true)',
  });
}

/**
 * value = p · scale; 0 where p is invalid or the value lies beyond `max`.
 * @param values as they stand in the file
 */
export function toDepth(
  values: Raster,
  { scale, invalid, max = Infinity }: DepthOptions,
): Raster<Float32Array> {
  const data = new Float32Array(values.data.length);
  for (let at = 0; at < data.length; at++) {
    const stored = values.data[at]!;
    const value = stored * scale;
    if (stored !== invalid && value <= max) data[at] = value;
  }
  return { ...values, data };
}
