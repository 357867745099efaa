import { isDeepStrictEqual } from 'node:util';
import {
  badValue,
  show,
  type Dataset,
  type LabelInfo,
  type Sample,
  type SampleGroup,
  type Size,
  type Split,
  type SplitName,
} from '../../../core/index.js';

/** A data set among others. */
export interface Part {
  readonly name: string;
  readonly dataset: Dataset;
}

export interface MixedOptions {
  readonly batches: 'mixed' | 'single';
  readonly splits: Readonly<Partial<Record<SplitName, readonly string[]>>>;
  /** New label names by part and old name. */
  readonly rename: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Data sets side by side: the samples of the first, then those of the second, … */
export class MixedDataset implements Dataset {
  readonly size: Size;
  readonly labels: Readonly<Record<string, LabelInfo>>;

  /** @throws MtlError `CONFIG_INVALID` where parts do not fit together, or options name what is not there */
  constructor(
    private readonly parts: readonly Part[],
    private readonly options: MixedOptions,
  ) {
    this.size = commonSize(parts);
    checkNames('dataset.rename', Object.keys(options.rename), parts);
    for (const [split, names] of Object.entries(options.splits))
      checkNames(`dataset.splits.${split}`, names, parts);
    this.labels = joinLabels(parts, options);
  }

  async split(name: SplitName): Promise<Split> {
    const wanted = this.options.splits[name];
    const parts = wanted ? this.parts.filter((part) => wanted.includes(part.name)) : this.parts;
    const pieces: Piece[] = [];
    let start = 0;
    for (const part of parts) {
      const split = await part.dataset.split(name);
      pieces.push({ part, split, start });
      start += split.length;
    }
    return new MixedSplit(pieces, start, this.options);
  }
}

/** One part's samples in a split. */
interface Piece {
  readonly part: Part;
  readonly split: Split;
  /** Place of its first sample. */
  readonly start: number;
}

class MixedSplit implements Split {
  readonly groups?: readonly SampleGroup[];

  constructor(
    private readonly pieces: readonly Piece[],
    readonly length: number,
    private readonly options: MixedOptions,
  ) {
    const groups = pieces.flatMap(({ split, start }) =>
      (split.groups ?? [{ start: 0, length: split.length }]).map((group) => ({
        start: start + group.start,
        length: group.length,
      })),
    );
    const apart = options.batches === 'single' || pieces.some(({ split }) => split.groups);
    if (apart) this.groups = groups;
  }

  async sample(index: number): Promise<Sample> {
    const { part, split, start } = this.pieceOf(index);
    const sample = await split.sample(index - start);
    const labels = Object.entries(sample.labels).map(
      ([label, raster]) => [renamed(this.options, part, label), raster] as const,
    );
    return { ...sample, id: `${part.name}/${sample.id}`, labels: Object.fromEntries(labels) };
  }

  files(index: number): readonly string[] | undefined {
    const { split, start } = this.pieceOf(index);
    return split.files?.(index - start);
  }

  private pieceOf(index: number): Piece {
    const piece = this.pieces.find(({ start, split }) => index >= start && index < start + split.length);
    if (piece) return piece;
    throw new RangeError(`sample: expected an index below ${this.length}, found ${index}`);
  }
}

function commonSize(parts: readonly Part[]): Size {
  const { size } = parts[0]!.dataset;
  const odd = parts.find(({ dataset }) => !isDeepStrictEqual(dataset.size, size));
  if (!odd) return size;
  throw badValue('CONFIG_INVALID', {
    what: `dataset.parts.${odd.name}.size`,
    expected: `the size of ${parts[0]!.name}, ${size.height}×${size.width}`,
    found: `${odd.dataset.size.height}×${odd.dataset.size.width}`,
    fix: 'samples of one network have one size; set it for each part',
  });
}

function checkNames(what: string, names: readonly string[], parts: readonly Part[]): void {
  const known = parts.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw badValue('CONFIG_INVALID', {
    what,
    expected: `names of parts (${known.join(', ')})`,
    found: show(unknown),
  });
}

function joinLabels(parts: readonly Part[], options: MixedOptions): Readonly<Record<string, LabelInfo>> {
  const labels: Record<string, LabelInfo> = {};
  const owners: Record<string, string> = {};
  for (const part of parts) {
    for (const from of Object.keys(options.rename[part.name] ?? {})) {
      if (from in part.dataset.labels) continue;
      throw badValue('CONFIG_INVALID', {
        what: `dataset.rename.${part.name}`,
        expected: `labels that ${part.name} has (${Object.keys(part.dataset.labels).join(', ')})`,
        found: show(from),
      });
    }
    for (const [label, info] of Object.entries(part.dataset.labels)) {
      const name = renamed(options, part, label);
      const known = labels[name];
      if (known && !isDeepStrictEqual(known, info)) {
        throw badValue('CONFIG_INVALID', {
          what: 'dataset.parts',
          expected: `labels "${name}" that mean the same in all parts`,
          found: `different ones in ${owners[name]} and ${part.name}`,
          fix: `tell them apart by rename: { ${part.name}: { ${label}: another_name } }`,
        });
      }
      labels[name] = info;
      owners[name] = part.name;
    }
  }
  return labels;
}

function renamed({ rename }: MixedOptions, part: Part, label: string): string {
  return rename[part.name]?.[label] ?? label;
}
