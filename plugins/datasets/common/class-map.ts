import { badValue, type Raster, type Size } from '../../../core/index.js';
import { fit } from './fit.js';

/** The id of pixels without a class. */
export const voidId = 255;

/** From a file's values to class ids. */
export interface ClassMap {
  /** @returns the class id, `voidId` for void, undefined for a value that stands for nothing */
  idOf(value: number): number | undefined;
  /** The values that stand for something, e.g. `0–33, 255`, for messages. */
  readonly known: string;
  /** What to do about any other value. */
  readonly fix: string;
  /** What to do about a map without a single pixel of a class, where the file is not to blame. */
  readonly emptyFix: string;
}

const unmapped = -1;

/** A map by table, for files of whole numbers below 65536. @param entries file value and class id */
export function tableMap(
  entries: Iterable<readonly [value: number, id: number]>,
  fixes: Pick<ClassMap, 'fix' | 'emptyFix'>,
): ClassMap {
  const table = new Int16Array(65536).fill(unmapped);
  for (const [value, id] of entries) table[value] = id;
  const known = [...table.keys()].filter((value) => table[value] !== unmapped);
  return {
    idOf: (value) => {
      const id = table[value];
      return id === unmapped ? undefined : id;
    },
    known: ranges(known),
    ...fixes,
  };
}

/** A map of files that hold class ids, and −1 where there is no class. @param count of classes */
export function plainMap(count: number, fixes: Pick<ClassMap, 'fix' | 'emptyFix'>): ClassMap {
  return {
    idOf: (value) =>
      value === -1 ? voidId : value >= 0 && value < count && Number.isInteger(value) ? value : undefined,
    known: `0–${count - 1}, -1`,
    ...fixes,
  };
}

/**
 * The class of each pixel. The map is made smaller first, so that only the small one is converted.
 * @param values one channel, as stored in `file`
 * @returns class ids of the given size, `voidId` = void; undefined where no pixel of the file has a class
 * @throws MtlError `SAMPLE_INVALID` at a value that the map does not know
 */
export function toClasses(
  values: Raster,
  map: ClassMap,
  file: string,
  size: Size,
): Raster<Uint8Array> | undefined {
  const small = convert(fit(values, size), map, file);
  // A class of few pixels may be lost between those that the small map keeps: that is not a broken file.
  if (hasClass(small) || hasClass(convert(values, map, file))) return small;
  return undefined;
}

/** The error about a map in which no pixel has a class, `toClasses`'s undefined. */
export function noClass(file: string, { emptyFix }: ClassMap): Error {
  return badValue('SAMPLE_INVALID', {
    what: file,
    expected: 'a class map in which at least one pixel has a class',
    found: 'all void',
    fix: `${emptyFix}, or leave its sample out of the splits`,
  });
}

function convert(values: Raster, map: ClassMap, file: string): Raster<Uint8Array> {
  const data = new Uint8Array(values.data.length);
  for (let at = 0; at < data.length; at++) {
    const id = map.idOf(values.data[at]!);
    if (id === undefined) throw unknownClass(file, values.data[at]!, map);
    data[at] = id;
  }
  return { ...values, data };
}

function hasClass({ data }: Raster<Uint8Array>): boolean {
  return data.some((id) => id !== voidId);
}

function unknownClass(file: string, value: number, { known, fix }: ClassMap): Error {
  return badValue('SAMPLE_INVALID', {
    what: file,
    expected: `only class values ${known}`,
    found: String(value),
    fix,
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
