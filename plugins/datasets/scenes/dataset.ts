import {
  badValue,
  Random,
  show,
  type Dataset,
  type LabelInfo,
  type Sample,
  type Size,
  type Split,
  type SplitName,
} from '../../../core/index.js';
import { classColors, classNames, voidId } from './classes.js';
import { weatherNames } from './light.js';
import { renderScene, type LabelName, type RenderOptions } from './render.js';
import { createScene } from './scene.js';

export interface ScenesOptions extends RenderOptions {
  readonly size: Size;
  /** Number of images of each split. */
  readonly counts: Readonly<Record<SplitName, number>>;
  readonly seed: number;
  /** Share of the training images that have labels, above 0 and at most 1. */
  readonly labelled: number;
}

/** Rendered street scenes. Image i of a split depends on the seed, the split and i alone. */
export class ScenesDataset implements Dataset {
  readonly size: Size;
  readonly labels: Dataset['labels'];

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
    const { options } = this;
    const scene = createScene(new Random(options.seed, 'scenes', split, index));
    const id = `${split}/${index}`;
    const labels = split === 'train' && !isLabelled(index, options.labelled) ? [] : options.labels;
    return Promise.resolve({
      id,
      ...options.size,
      ...renderScene(scene, options.size, { ...options, labels }),
    });
  }
}

/** Of the first n images ⌈n · share⌉ are, whatever n is. */
function isLabelled(index: number, share: number): boolean {
  return Math.ceil((index + 1) * share) > Math.ceil(index * share);
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
    case 'weather':
      return { kind: 'imageClass', names: weatherNames };
    case 'vehicles':
      return { kind: 'imageNumber', unit: 'vehicles' };
  }
}
