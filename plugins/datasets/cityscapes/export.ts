import { z } from 'zod';
import {
  definePart,
  encodePng,
  type Exporter,
  type ExportSource,
  type Raster,
  type SplitName,
} from '../../../core/index.js';
import { ExportFolder, padded } from '../common/export/folder.js';
import { grey16Png, grey8Png } from '../common/export/png.js';
import {
  classCount,
  depthUnit,
  exportable,
  fileValues,
  forEachSample,
  lacks,
} from '../common/export/source.js';
import { cities } from './cities.js';
import { firstLabels } from './classes.js';
import { greatestInverse, inverseScale, usualStereo, type Stereo } from './depth.js';
import { kinds } from './official.js';

const layout = 'cityscapes';

/** Training cities that hold the validation samples where there are test samples, too. */
const heldOut = cities.train.slice(-3);

interface Placing {
  readonly folder: 'train' | 'val';
  readonly cities: readonly string[];
}

class CityscapesExporter implements Exporter {
  async write(source: ExportSource, root: string): Promise<Readonly<Record<string, unknown>>> {
    const { dataset, splits } = source;
    const labels = exportable(dataset, layout, ['segmentation', 'depth']);
    const { segmentation } = labels;
    const classes = segmentation && classCount(segmentation, [7, 19], layout);
    const ids = classes && firstLabels(classes).map(([id]) => id);
    const unit = labels.depth && depthUnit(labels.depth, layout);
    const places = placing(splits);
    const folder = new ExportFolder(root);
    let isMissing = false;
    await forEachSample(source, async (sample, split, index, length) => {
      const path = (kind: keyof typeof kinds): string => pathOf(places[split]!, kind, index, length);
      isMissing ||= lacks(sample, labels);
      folder.write(path('image'), await encodePng(sample.image));
      const map = sample.labels.segmentation;
      if (map && segmentation && ids) {
        const values = fileValues(map, segmentation, ids, 0, sample.id);
        folder.write(path('labels'), await grey8Png(map, values));
      }
      const depth = sample.labels.depth;
      if (!depth || !unit) return;
      const stereo = stereoFor(depth);
      const stored = unit === 'm' ? fromMetres(depth, stereo) : fromInverse(depth);
      folder.write(path('disparity'), await grey16Png(depth, stored));
      if (unit === 'm') folder.write(path('camera'), cameraFile(stereo));
    });
    const { height, width } = dataset.size;
    return {
      name: layout,
      format: 'official',
      size: [height, width],
      ...(classes ? { classes } : {}),
      labels: [...(segmentation ? ['segmentation'] : []), ...(unit ? ['depth'] : [])],
      ...(unit ? { depth: unit === 'm' ? 'metres' : 'inverse' } : {}),
      ...(splits.test ? { holdOut: [...(places.val?.cities ?? heldOut)] } : {}),
      ...(isMissing ? { allowMissing: true } : {}),
    };
  }
}

/** Where each split goes: test needs the official val cities, and then val is held out of train. */
function placing(splits: ExportSource['splits']): Readonly<Partial<Record<SplitName, Placing>>> {
  const some = (all: readonly string[], split: SplitName): readonly string[] =>
    all.slice(0, Math.max(splits[split]?.length ?? 0, 1));
  const train = cities.train.slice(0, -heldOut.length);
  return {
    train: { folder: 'train', cities: some(train, 'train') },
    val: splits.test
      ? { folder: 'train', cities: some(heldOut, 'val') }
      : { folder: 'val', cities: some(cities.val, 'val') },
    test: { folder: 'val', cities: some(cities.val, 'test') },
  };
}

/** In an order of cities and names that is the order of the samples. */
function pathOf(place: Placing, kind: keyof typeof kinds, index: number, length: number): string {
  const city = place.cities[Math.floor((index * place.cities.length) / length)]!;
  const [top, ending] = kinds[kind];
  return `${top}/${place.folder}/${city}/${city}_${padded(index)}_000019${ending}`;
}

/** The usual camera, or one of a shorter focal length, so that what is nearest still fits 16 bits. */
function stereoFor(metres: Raster): Stereo {
  let nearest = Infinity;
  for (const z of metres.data) if (z > 0 && z < nearest) nearest = z;
  const { baseline, fx } = usualStereo;
  return { baseline, fx: Math.min(fx, (65534 * nearest) / (256 * baseline)) };
}

/** p = 256·d + 1 with d = baseline · fx / z pixels, rounded; 0 where there is no depth. */
function fromMetres(metres: Raster, { baseline, fx }: Stereo): Uint16Array {
  return Uint16Array.from(metres.data, (z) => (z > 0 ? disparity((256 * baseline * fx) / z) : 0));
}

function fromInverse(inverse: Raster): Uint16Array {
  return Uint16Array.from(inverse.data, (value) =>
    value > 0 ? disparity(Math.min(value, greatestInverse) * inverseScale) : 0,
  );
}

/** p, where p = 1 is a disparity of 0 and so no depth. */
function disparity(steps: number): number {
  return 1 + Math.min(Math.max(Math.round(steps), 1), 65534);
}

function cameraFile({ baseline, fx }: Stereo): Buffer {
  return Buffer.from(`${JSON.stringify({ extrinsic: { baseline }, intrinsic: { fx } }, undefined, 2)}\n`);
}

/**
 * The layout of Cityscapes as published. A class is written as the first label id of its own, in the order of the labels.
 * Images and classes come back as they were. Inverse depth comes back within 1/131072, and values above 0.4922 as that;
 * metres z within z²/(512·baseline·fx), half a step of the disparity, with the fx of the sample's camera file: the
 * usual 2262.52 px, or less where something is nearer than 1.85 m.
 */
export const cityscapesExporter = definePart<Exporter, z.ZodObject>({
  description: 'the published layout of Cityscapes: PNG files by split and city',
  options: z.strictObject({}),
  create: () => new CityscapesExporter(),
});
