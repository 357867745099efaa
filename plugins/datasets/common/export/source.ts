import {
  badValue,
  splitNames,
  type Dataset,
  type ExportSource,
  type LabelInfo,
  type Raster,
  type Sample,
  type SplitName,
} from '../../../../core/index.js';

type Classes = Extract<LabelInfo, { kind: 'classes' }>;
type Scalar = Extract<LabelInfo, { kind: 'scalar' }>;

/** What a layout of files can hold of a data set. */
export interface Exportable {
  readonly segmentation: Classes | undefined;
  readonly depth: Scalar | undefined;
  readonly normals: boolean;
}

/**
 * The labels of a data set that a layout can hold; the others are left out.
 * @param layout its name, for messages
 * @param wanted the labels that it has a place for
 * @throws MtlError `DATA_INVALID` where there are none, or they mean something else
 */
export function exportable(
  { labels }: Dataset,
  layout: string,
  wanted: readonly (keyof Exportable)[],
): Exportable {
  const { segmentation, depth, normals } = Object.fromEntries(
    wanted.map((name) => [name, labels[name]]),
  ) as Readonly<Partial<Record<keyof Exportable, LabelInfo>>>;
  if (!segmentation && !depth && !normals) {
    throw badValue('DATA_INVALID', {
      what: `the data set to be written as ${layout}`,
      expected: `one of the labels ${wanted.join(', ')}`,
      found: Object.keys(labels).join(', ') || 'no labels',
      fix: 'choose another exporter, or let the data set give such a label',
    });
  }
  return {
    segmentation: segmentation && ofKind(segmentation, 'classes', layout, 'segmentation'),
    depth: depth && ofKind(depth, 'scalar', layout, 'depth'),
    normals: normals !== undefined && ofKind(normals, 'directions', layout, 'normals') !== undefined,
  };
}

function ofKind<K extends LabelInfo['kind']>(
  info: LabelInfo,
  kind: K,
  layout: string,
  name: string,
): Extract<LabelInfo, { kind: K }> {
  if (info.kind === kind) return info as Extract<LabelInfo, { kind: K }>;
  throw misfit(layout, name, `the kind "${kind}"`, `"${info.kind}"`);
}

/**
 * The number of classes to write, the least of a layout's that is enough.
 * @param counts numbers of classes that the layout knows, from the smallest
 * @throws MtlError `DATA_INVALID` where there are more classes
 */
export function classCount<C extends number>(info: Classes, counts: readonly C[], layout: string): C {
  const count = counts.find((each) => info.names.length <= each);
  if (count !== undefined) return count;
  throw misfit(layout, 'segmentation', `at most ${counts.at(-1)} classes`, `${info.names.length}`);
}

/** Whether depth is in metres or their inverse. @throws MtlError `DATA_INVALID` where it is neither */
export function depthUnit({ unit }: Scalar, layout: string): 'm' | '1/m' {
  if (unit === 'm' || unit === '1/m') return unit;
  throw misfit(layout, 'depth', 'the unit m or 1/m', `"${unit}"`);
}

/** The error about a label that does not fit a layout. */
export function misfit(layout: string, label: string, expected: string, found: string): Error {
  return badValue('DATA_INVALID', {
    what: `the label "${label}" to be written as ${layout}`,
    expected,
    found,
    fix: 'choose another exporter, or other options of the data set',
  });
}

/**
 * Class ids as a file's values.
 * @param values of the classes, by id
 * @param none the value for void
 * @throws MtlError `SAMPLE_INVALID` where a sample has an id that is no class
 */
export function fileValues(
  map: Raster,
  info: Classes,
  values: readonly number[],
  none: number,
  sample: string,
): number[] {
  return Array.from(map.data, (id) => {
    if (id === info.void) return none;
    const value = id < info.names.length ? values[id] : undefined;
    if (value !== undefined) return value;
    throw badValue('SAMPLE_INVALID', {
      what: `sample ${sample}, segmentation`,
      expected: `class ids 0–${info.names.length - 1} and ${info.void} for void`,
      found: String(id),
      fix: 'mend the data set that gives it',
    });
  });
}

/** Gives all samples in turn, and tells of progress. */
export async function forEachSample(
  { splits, onProgress }: ExportSource,
  write: (sample: Sample, split: SplitName, index: number, length: number) => Promise<void> | void,
): Promise<void> {
  const present = splitNames.flatMap((name) => (splits[name] ? [{ name, split: splits[name] }] : []));
  const of = present.reduce((sum, { split }) => sum + split.length, 0);
  let done = 0;
  for (const { name, split } of present) {
    for (let index = 0; index < split.length; index++) {
      await write(await split.sample(index), name, index, split.length);
      onProgress?.(++done, of);
    }
  }
}

/** Whether a sample lacks one of the labels that are written. */
export function lacks({ labels }: Sample, { segmentation, depth, normals }: Exportable): boolean {
  return (
    (segmentation !== undefined && !labels.segmentation) ||
    (depth !== undefined && !labels.depth) ||
    (normals && !labels.normals)
  );
}
