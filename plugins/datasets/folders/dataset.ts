import {
  badValue,
  type Dataset,
  type LabelInfo,
  type Raster,
  readRgb,
  type Sample,
  type Size,
  type Split,
  type SplitName,
} from '../../../core/index.js';
import { noClass, toClasses, type ClassMap } from '../common/class-map.js';
import { checkBits, readColors, readValues } from '../common/decode.js';
import { firstFew } from '../common/files.js';
import { checkSize, fit } from '../common/fit.js';
import { normalsFromRgb } from '../common/normals-from-rgb.js';
import { openSplit } from '../common/split.js';
import { findSamples, findUnlabelled, type SampleFiles } from './files.js';
import { classMap, describeLabels, toDepth } from './labels.js';
import type { FolderOptions } from './options.js';
import { divide, type SplitMembers } from './split.js';
import { readTable, tableFile, type LabelTable } from './table.js';

interface Contents {
  readonly samples: ReadonlyMap<string, SampleFiles>;
  readonly members: SplitMembers;
  /** They come after the training split's samples. */
  readonly unlabelled: readonly SampleFiles[];
  /** Labels of the whole image; empty where no table is configured. */
  readonly table: LabelTable;
}

/** Images and labels in the user's own files. Nothing is read before a split is opened, and nothing is written. */
export class FolderDataset implements Dataset {
  readonly size: Size;
  readonly labels: Readonly<Record<string, LabelInfo>>;
  private readonly classes: ClassMap | undefined;
  private contents: Promise<Contents> | undefined;

  /** @param root absolute path that all globs start from */
  constructor(
    private readonly root: string,
    private readonly options: FolderOptions,
  ) {
    const [height, width] = options.size;
    this.size = { height, width };
    this.labels = describeLabels(options);
    this.classes = options.labels && classMap(options.labels);
  }

  async split(name: SplitName): Promise<Split> {
    this.contents ??= this.find();
    const { samples, members, unlabelled, table } = await this.contents;
    const names = members[name];
    if (!names?.length) throw this.emptySplit(name, names, [...samples.keys()]);
    const labelled = names.map((each) => samples.get(each)!);
    return openSplit(
      name === 'train' ? [...labelled, ...unlabelled] : labelled,
      (files) => this.read(files, table),
      (files) => this.filesOf(files),
    );
  }

  private async find(): Promise<Contents> {
    const samples = await findSamples(this.root, this.options);
    const names = samples.map(({ name }) => name);
    const { split, table, unlabelled, allowMissing } = this.options;
    return {
      samples: new Map(samples.map((files) => [files.name, files])),
      members: await divide(split, names, this.root),
      unlabelled: unlabelled === undefined ? [] : await findUnlabelled(this.root, unlabelled, samples),
      table: table ? await readTable(this.root, table, names, allowMissing) : new Map(),
    };
  }

  private filesOf({ rgb, labels, depth, normals }: SampleFiles): readonly string[] {
    const table = this.options.table && tableFile(this.root, this.options.table);
    return [rgb, labels, depth, normals, table].filter((file) => file !== undefined);
  }

  private async read(files: SampleFiles, table: LabelTable): Promise<Sample> {
    const { image, original } = await readRgb(files.rgb, this.size);
    const labels: Record<string, Raster> = { ...table.get(files.name) };
    const { classes, options } = this;
    if (files.labels && options.labels && classes) {
      const [file, { channel }] = [files.labels, options.labels];
      const wanted = { channel, fix: channelFix(options.labels) };
      labels.segmentation = await readValues(file, wanted, ({ values }) => {
        checkSize(files.rgb, original, file, values);
        const map = toClasses(values, classes, file, this.size);
        if (!map) throw noClass(file, classes);
        return map;
      });
    }
    if (files.depth && options.depth) {
      const [file, depth] = [files.depth, options.depth];
      labels.depth = await readValues(file, {}, ({ values, bits }) => {
        checkSize(files.rgb, original, file, values);
        checkBits(file, bits, 16, 'a depth picture', depthFix);
        return toDepth(fit(values, this.size), depth);
      });
    }
    if (files.normals) {
      const file = files.normals;
      labels.normals = await readColors(file, (colors) => {
        checkSize(files.rgb, original, file, colors);
        return normalsFromRgb(fit(colors, this.size));
      });
    }
    return { ...this.size, id: files.name, image, labels };
  }

  private emptySplit(name: SplitName, names: readonly string[] | undefined, all: readonly string[]): Error {
    return badValue('DATA_INVALID', {
      what: names ? `dataset.split.${name}` : 'dataset.split',
      expected: names ? `at least one of the ${all.length} samples (${firstFew(all)})` : `a part "${name}"`,
      found: names ? 'none' : JSON.stringify(this.options.split),
      ...(names ? { fix: 'in a pattern, `*` stops at a `/` and `**` does not' } : {}),
    });
  }
}

const depthFix = 'export depth as a 16-bit grey PNG; 8 bits are a picture of it, not its values';

function channelFix({ channel }: NonNullable<FolderOptions['labels']>): string {
  return channel === undefined
    ? 'save it as a grey or palette PNG, or name the channel that holds the ids by labels.channel'
    : 'mend labels.channel';
}
