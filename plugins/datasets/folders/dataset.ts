import {
  badValue,
  resizeNearest,
  type Dataset,
  type LabelInfo,
  type Raster,
  type Sample,
  type Size,
  type Split,
  type SplitName,
} from '../../../core/index.js';
import { SampleCache } from './cache.js';
import { readColors, readRgb, readValues } from './decode.js';
import { findSamples, firstFew, type SampleFiles } from './files.js';
import { classTable, describeLabels, toClasses, toDepth, toNormals } from './labels.js';
import type { FolderOptions } from './options.js';
import { divide, type SplitMembers } from './split.js';

interface Contents {
  readonly samples: ReadonlyMap<string, SampleFiles>;
  readonly members: SplitMembers;
}

/** Images and labels in the user's own files. Nothing is read before a split is opened, and nothing is written. */
export class FolderDataset implements Dataset {
  readonly size: Size;
  readonly labels: Readonly<Record<string, LabelInfo>>;
  private readonly cache: SampleCache | undefined;
  private readonly table: Int16Array | undefined;
  private contents: Promise<Contents> | undefined;

  /** @param root absolute path that all globs start from */
  constructor(
    private readonly root: string,
    private readonly options: FolderOptions,
  ) {
    const [height, width] = options.size;
    this.size = { height, width };
    this.labels = describeLabels(options);
    this.cache = options.cache ? new SampleCache() : undefined;
    this.table = options.labels && classTable(options.labels);
  }

  /** Also reads the first sample, so that files that do not fit are told before the work begins. */
  async split(name: SplitName): Promise<Split> {
    this.contents ??= this.find();
    const { samples, members } = await this.contents;
    const names = members[name];
    if (!names?.length) throw this.emptySplit(name, names, [...samples.keys()]);
    const split: Split = {
      length: names.length,
      sample: async (index) => {
        const files = samples.get(names[index] ?? '');
        if (!files) throw new RangeError(`sample: expected an index below ${names.length}, found ${index}`);
        return this.cache?.get(files.name) ?? this.read(files);
      },
    };
    await split.sample(0);
    return split;
  }

  private async find(): Promise<Contents> {
    const samples = await findSamples(this.root, this.options);
    const names = samples.map(({ name }) => name);
    return {
      samples: new Map(samples.map((files) => [files.name, files])),
      members: await divide(this.options.split, names, this.root),
    };
  }

  private async read(files: SampleFiles): Promise<Sample> {
    const { image, original } = await readRgb(files.rgb, this.size);
    const resized = <T extends Raster['data']>(raster: Raster<T>, file: string): Raster<T> => {
      checkSize(files.rgb, original, file, raster);
      return raster.height === this.size.height && raster.width === this.size.width
        ? raster
        : resizeNearest(raster, this.size);
    };
    const labels: Record<string, Raster> = {};
    if (files.labels && this.options.labels && this.table) {
      const { values, bits } = await readValues(files.labels, this.options.labels.channel);
      labels.segmentation = toClasses(
        { values: resized(values, files.labels), bits },
        this.table,
        files.labels,
      );
    }
    if (files.depth && this.options.depth) {
      const { values, bits } = await readValues(files.depth);
      labels.depth = toDepth({ values: resized(values, files.depth), bits }, this.options.depth, files.depth);
    }
    if (files.normals) labels.normals = toNormals(resized(await readColors(files.normals), files.normals));
    const sample: Sample = { ...this.size, id: files.name, image, labels };
    this.cache?.add(sample);
    return sample;
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

function checkSize(rgb: string, image: Size, file: string, label: Size): void {
  if (image.height === label.height && image.width === label.width) return;
  throw badValue('SAMPLE_INVALID', {
    what: file,
    expected: `the size of its image ${rgb}, ${image.height}×${image.width} (height × width)`,
    found: `${label.height}×${label.width}`,
    fix: 'labels must lie pixel by pixel over their image; check that the two files belong together',
  });
}
