import {
  badValue,
  Random,
  show,
  type Dataset,
  type LabelInfo,
  type Raster,
  type Sample,
  type Size,
  type Split,
  type SplitName,
} from '../../../core/index.js';
import { classColors, classNames, voidId } from './classes.js';
import { renderScene, type LabelName, type RenderOptions } from './render.js';
import { createScene } from './scene.js';

export interface ScenesOptions extends RenderOptions {
  readonly size: Size;
  /** Number of images of each split. */
  readonly counts: Readonly<Record<SplitName, number>>;
  readonly seed: number;
  /** Whether to keep rendered samples in memory. */
  readonly cache: boolean;
}

/** Rendered samples are kept while they take no more than this. */
const cacheBytes = 512 * 2 ** 20;

/** Rendered street scenes. Image i of a split depends on the seed, the split and i alone. */
export class ScenesDataset implements Dataset {
  readonly size: Size;
  readonly labels: Dataset['labels'];
  private readonly kept = new Map<string, Sample>();
  private keptBytes = 0;

  constructor(private readonly options: ScenesOptions) {
    this.size = options.size;
    this.labels = Object.fromEntries(options.labels.map((name) => [name, describe(name, options)]));
  }

  split(name: SplitName): Promise<Split> {
    const length = this.options.counts[name];
    if (length === 0) {
      return Promise.reject(
        badValue('DATA_INVALID', {
          what: `the ${name} split of scenes`,
          expected: 'at least 1 image',
          found: '0',
          fix: `set the data set's option "${name}" to 1 or more`,
        }),
      );
    }
    return Promise.resolve({ length, sample: (index) => this.sample(name, index) });
  }

  /** The sample may be kept and given again: whoever changes its arrays must copy them first. */
  private sample(split: SplitName, index: number): Promise<Sample> {
    const length = this.options.counts[split];
    if (!Number.isInteger(index) || index < 0 || index >= length) {
      return Promise.reject(
        badValue('SAMPLE_INVALID', {
          what: `sample of the ${split} split of scenes`,
          expected: `a whole number from 0 to ${length - 1}`,
          found: show(index),
        }),
      );
    }
    const id = `${split}/${index}`;
    const sample = this.kept.get(id) ?? this.render(id, split, index);
    return Promise.resolve(sample);
  }

  private render(id: string, split: SplitName, index: number): Sample {
    const { options } = this;
    const scene = createScene(new Random(options.seed, 'scenes', split, index));
    const sample = { id, ...options.size, ...renderScene(scene, options.size, options) };
    const bytes = [sample.image, ...Object.values(sample.labels)].reduce(
      (sum, map) => sum + byteLength(map),
      0,
    );
    if (options.cache && this.keptBytes + bytes <= cacheBytes) {
      this.kept.set(id, sample);
      this.keptBytes += bytes;
    }
    return sample;
  }
}

function byteLength(map: Raster | undefined): number {
  return map?.data.byteLength ?? 0;
}

function describe(name: LabelName, { depth, maxDepth }: ScenesOptions): LabelInfo {
  switch (name) {
    case 'segmentation':
      return { kind: 'classes', names: classNames, colors: classColors, void: voidId };
    case 'depth':
      return depth === 'metric'
        ? { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, maxDepth] }
        : // Kept under magnification, as XTasC-Net's authors do with the inverse depth of Cityscapes.
          { kind: 'scalar', unit: '1/m', zoom: 'keep', range: [0, 0.4] };
    case 'normals':
      return { kind: 'directions' };
  }
}
