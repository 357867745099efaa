import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  badValue,
  type Dataset,
  type LabelInfo,
  type Raster,
  resizeRgb,
  type Sample,
  type Size,
  type Split,
  type SplitName,
} from '../../../core/index.js';
import { noClass, toClasses, type ClassMap } from '../common/class-map.js';
import { checkRoot } from '../common/files.js';
import { fit } from '../common/fit.js';
import { normalsFromDepth } from '../common/normals-from-depth.js';
import { hasNpyFolders, npyClasses, openNpySplit, type NpyLabel } from '../common/npy-folders.js';
import { depthFromNpy, normalsFromNpy } from '../common/npy-labels.js';
import { openSplit } from '../common/split.js';
import { describeClasses, objectMap } from './classes.js';
import { MatFile, matFileName } from './mat-file.js';
import type { Nyuv2Options } from './options.js';
import { readSplits, type Members } from './splits.js';

/** The Kinect's colour camera (the data set's toolbox, camera_params.m), for pictures of 480×640. */
const kinect = { fx: 518.857901, fy: 519.469611, cx: 325.582449, cy: 253.736166 };
/** A Kinect's depth is too coarse for the nearest neighbours alone: 49 points of a window of 13×13. */
const kinectWindow = { radius: 6, step: 2, jump: 0.05 };

interface MatContents {
  readonly file: MatFile;
  readonly members: Members;
}

/** NYUv2's labelled part, as published or preprocessed. Nothing is read before a split is opened, and nothing is written. */
export class Nyuv2Dataset implements Dataset {
  readonly size: Size;
  readonly labels: Readonly<Record<string, LabelInfo>>;
  private readonly classes: ClassMap;
  private mat: Promise<MatContents> | undefined;

  /** @param root absolute path */
  constructor(
    private readonly root: string,
    private readonly options: Nyuv2Options,
  ) {
    const [height, width] = options.size;
    this.size = { height, width };
    this.labels = {
      ...(options.labels.includes('segmentation') ? { segmentation: describeClasses(options.classes) } : {}),
      ...(options.labels.includes('depth')
        ? { depth: { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 10] } }
        : {}),
      ...(options.normals === 'none' ? {} : { normals: { kind: 'directions' } }),
    };
    this.classes = objectMap(options.classes);
  }

  async split(name: SplitName): Promise<Split> {
    await checkRoot(this.root);
    if ((await this.format()) === 'npy') {
      this.checkNpy();
      const { root, size } = this;
      const { allowMissing } = this.options;
      return openNpySplit({ root, size, labels: this.npyLabels(), allowMissing }, name);
    }
    return this.openMat(name);
  }

  private async format(): Promise<'mat' | 'npy'> {
    if (this.options.format !== 'auto') return this.options.format;
    const hasMat = await stat(join(this.root, matFileName)).then(
      () => true,
      () => false,
    );
    if (hasMat) return 'mat';
    if (await hasNpyFolders(this.root)) return 'npy';
    throw badValue('DATA_INVALID', {
      what: 'dataset.root',
      expected: `${matFileName} (as published) or train/image/*.npy (preprocessed)`,
      found: `neither in ${this.root}`,
      fix: 'it is the folder that holds them',
    });
  }

  private async openMat(name: SplitName): Promise<Split> {
    if (this.options.normals === 'files') {
      throw badValue('DATA_INVALID', {
        what: 'dataset.normals',
        expected: 'fromDepth or none',
        found: '"files"',
        fix: `${matFileName} holds no normals; only the preprocessed form does`,
      });
    }
    const matPath = join(this.root, matFileName);
    const splitsPath = resolve(this.root, this.options.splits);
    this.mat ??= this.readMat(matPath, splitsPath);
    const { file, members } = await this.mat;
    const indices = members[name];
    if (indices.length === 0) {
      throw badValue('DATA_INVALID', {
        what: `the ${name} split`,
        expected: `samples listed for it in ${splitsPath}`,
        found: 'none',
        fix: 'check dataset.splits and dataset.val',
      });
    }
    return openSplit(
      indices,
      (index) => this.read(file, index),
      () => [matPath, splitsPath],
    );
  }

  private async readMat(matPath: string, splitsPath: string): Promise<MatContents> {
    const { labels, normals, val } = this.options;
    const file = await MatFile.open(matPath, [
      'images',
      ...(labels.includes('segmentation') ? ['labels' as const] : []),
      ...(labels.includes('depth') || normals === 'fromDepth' ? ['depths' as const] : []),
    ]);
    return { file, members: await readSplits(splitsPath, file.length, val) };
  }

  private async read(file: MatFile, index: number): Promise<Sample> {
    const { size, classes } = this;
    const { labels: wanted, normals, allowMissing } = this.options;
    const labels: Record<string, Raster> = {};
    const place = `${join(this.root, matFileName)}, sample ${index + 1}`;
    if (wanted.includes('segmentation')) {
      const map = toClasses(file.labels(index), classes, place, size);
      if (map) labels.segmentation = map;
      else if (!allowMissing) throw noClass(place, classes);
    }
    if (wanted.includes('depth') || normals === 'fromDepth') {
      const depth = file.depths(index);
      const isMissing = allowMissing && !depth.data.some((metres) => metres > 0);
      if (wanted.includes('depth') && !isMissing) labels.depth = fit(depth, size);
      if (normals === 'fromDepth' && !isMissing) {
        labels.normals = normalsFromDepth(depth, kinectFor(depth), size, kinectWindow);
      }
    }
    const image = await resizeRgb(file.image(index), size);
    return { ...size, id: String(index + 1), image, labels };
  }

  private checkNpy(): void {
    const { classes, normals, val } = this.options;
    const wrong =
      classes === 40
        ? (['classes', '13', '40'] as const)
        : normals === 'fromDepth'
          ? (['normals', 'files or none', '"fromDepth"'] as const)
          : val !== 'test'
            ? (['val', 'test (the folder val is val)', JSON.stringify(val)] as const)
            : undefined;
    if (!wrong) return;
    const [option, expected, found] = wrong;
    const fix = `the preprocessed files know nothing else; take ${matFileName}`;
    throw badValue('DATA_INVALID', { what: `dataset.${option}`, expected, found, fix });
  }

  private npyLabels(): readonly NpyLabel[] {
    const { labels, normals, normalSigns, classes, allowMissing } = this.options;
    const fix = 'fetch or export the preprocessed files again';
    const segmentation = npyClasses('label', classes, { allowMissing, fix });
    return [
      ...(labels.includes('segmentation') ? [segmentation] : []),
      ...(labels.includes('depth')
        ? [{ name: 'depth', folder: 'depth', channels: 1, read: depthFromNpy }]
        : []),
      ...(normals === 'files'
        ? [
            {
              name: 'normals',
              folder: 'normal',
              channels: 3,
              read: (...[array, file, size]: Parameters<NpyLabel['read']>) =>
                normalsFromNpy(array, file, size, normalSigns),
            },
          ]
        : []),
    ];
  }
}

/** The camera for pictures of another size than the published ones: the same view with other pixels. */
function kinectFor({ height, width }: Size): typeof kinect {
  const [sy, sx] = [height / 480, width / 640];
  // A pixel's centre lies at half its length.
  return {
    fx: kinect.fx * sx,
    fy: kinect.fy * sy,
    cx: (kinect.cx + 0.5) * sx - 0.5,
    cy: (kinect.cy + 0.5) * sy - 0.5,
  };
}
