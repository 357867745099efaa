import { badValue, type LabelInfo, type Raster } from '../../../core/index.js';
import type { StoredValues } from './decode.js';
import type { ClassOptions, DepthOptions, FolderOptions } from './options.js';

/** The id of pixels without a class. */
const voidId = 255;
const unmapped = -1;

/** What the configured labels mean, by the name that tasks know them by. */
export function describeLabels({
  labels,
  depth,
  normals,
}: FolderOptions): Readonly<Record<string, LabelInfo>> {
  return {
    ...(labels ? { segmentation: describeClasses(labels) } : {}),
    ...(depth ? { depth: describeDepth(depth) } : {}),
    ...(normals ? { normals: { kind: 'directions' } } : {}),
  };
}

function describeClasses({ classes, colors }: ClassOptions): LabelInfo {
  const names =
    typeof classes === 'number' ? Array.from({ length: classes }, (_, id) => `class ${id}`) : classes;
  return { kind: 'classes', names, colors: colors ?? names.map((_, id) => classColor(id)), void: voidId };
}

/** Hues a golden angle apart, so that neighbouring ids look unlike each other, at three brightnesses in turn. */
function classColor(id: number): [number, number, number] {
  const hue = (id * 137.508) % 360;
  const value = [1, 0.75, 0.5][Math.floor(id / 12) % 3]!;
  const saturation = 0.75;
  // HSV → RGB: a channel is v − v·s·clamp(min(k, 4 − k), 0, 1) with k = (n + hue/60) mod 6, n = 5, 3, 1.
  const channel = (n: number): number => {
    const k = (n + hue / 60) % 6;
    return Math.round(255 * (value - value * saturation * Math.min(Math.max(Math.min(k, 4 - k), 0), 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

function describeDepth({ inverse, max }: DepthOptions): LabelInfo {
  return inverse
    ? { kind: 'scalar', unit: '1/m', zoom: 'keep', range: [0, max ?? 1] }
    : { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, max ?? 10] };
}

/**
 * A table from file value to class id, `voidId` for void and −1 for a value that stands for nothing.
 */
export function classTable({ classes, map, void: voids }: ClassOptions): Int16Array {
  const table = new Int16Array(65536).fill(unmapped);
  const count = typeof classes === 'number' ? classes : classes.length;
  if (map) for (const [value, id] of Object.entries(map)) table[Number(value)] = id;
  else for (let id = 0; id < count; id++) table[id] = id;
  for (const value of voids) table[value] = voidId;
  return table;
}

/**
 * @returns class ids, `voidId` = void
 * @throws MtlError `SAMPLE_INVALID` at a value that the table does not know
 */
export function toClasses({ values }: StoredValues, table: Int16Array, file: string): Raster<Uint8Array> {
  const data = new Uint8Array(values.data.length);
  for (let at = 0; at < data.length; at++) {
    const value = values.data[at]!;
    const id = table[value]!;
    if (id === unmapped) throw unknownClass(file, value, table);
    data[at] = id;
  }
  return { ...values, data };
}

function unknownClass(file: string, value: number, table: Int16Array): Error {
  const known = [...table.keys()].filter((candidate) => table[candidate] !== unmapped);
  return badValue('SAMPLE_INVALID', {
    what: file,
    expected: `only class values ${ranges(known)}`,
    found: String(value),
    fix: 'map it to a class by labels.map, list it in labels.void, or correct labels.classes',
  });
}

/** `0–3, 255` */
function ranges(sorted: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const value of sorted) {
    const last = runs.at(-1);
    if (last?.[1] === value - 1) last[1] = value;
    else runs.push([value, value]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
}

/**
 * value = p · scale; 0 where p is invalid or the value lies beyond `max`.
 * @throws MtlError `SAMPLE_INVALID` where the file has fewer than 16 bits
 */
export function toDepth(
  { values, bits }: StoredValues,
  { scale, invalid, max = Infinity }: DepthOptions,
  file: string,
): Raster<Float32Array> {
  if (bits !== 16) {
    throw badValue('SAMPLE_INVALID', {
      what: file,
      expected: 'a depth picture of 16 bits',
      found: `${bits} bits`,
      fix: 'export depth as a 16-bit grey PNG; 8 bits are a picture of it, not its values',
    });
  }
  const data = new Float32Array(values.data.length);
  for (let at = 0; at < data.length; at++) {
    const stored = values.data[at]!;
    const value = stored * scale;
    if (stored !== invalid && value <= max) data[at] = value;
  }
  return { ...values, data };
}

/**
 * n = 2·p/255 − 1, normalised; zero where p is a usual mark of no direction: (0, 0, 0), or (128, 128, 128) and its
 * neighbours, whose n has no length worth a direction.
 */
export function toNormals(colors: Raster<Uint8Array>): Raster<Float32Array> {
  const data = new Float32Array(colors.data.length);
  for (let at = 0; at < data.length; at += 3) {
    const [r, g, b] = [colors.data[at]!, colors.data[at + 1]!, colors.data[at + 2]!];
    if (r === 0 && g === 0 && b === 0) continue;
    const [x, y, z] = [(2 * r) / 255 - 1, (2 * g) / 255 - 1, (2 * b) / 255 - 1];
    const length = Math.hypot(x, y, z);
    if (length < 0.1) continue;
    data[at] = x / length;
    data[at + 1] = y / length;
    data[at + 2] = z / length;
  }
  return { ...colors, data };
}
