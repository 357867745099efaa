import { z } from 'zod';
import { definePart, type ExportSource, type Exporter, type Raster } from '../../../core/index.js';
import { ExportFolder } from '../common/export/folder.js';
import {
  classCount,
  depthUnit,
  exportable,
  fileValues,
  forEachSample,
  lacks,
} from '../common/export/source.js';
import { imageToNpy } from '../common/npy-labels.js';
import { encodeNpy } from '../common/npy.js';
import { inverseToMetres } from './depth.js';

const layout = 'cityscapesNpy';

class CityscapesNpyExporter implements Exporter {
  async write(source: ExportSource, root: string): Promise<Readonly<Record<string, unknown>>> {
    const { dataset } = source;
    const labels = exportable(dataset, layout, ['segmentation', 'depth']);
    const { segmentation } = labels;
    const classes = segmentation && classCount(segmentation, [7, 19], layout);
    const ids = segmentation?.names.map((_, id) => id) ?? [];
    const unit = labels.depth && depthUnit(labels.depth, layout);
    const folder = new ExportFolder(root);
    let isMissing = false;
    await forEachSample(source, (sample, split, index) => {
      const { image } = sample;
      isMissing ||= lacks(sample, labels);
      folder.write(`${split}/image/${index}.npy`, encodeNpy(imageToNpy(image)));
      const { segmentation: map, depth } = sample.labels;
      const shape = [image.height, image.width];
      if (map && segmentation) {
        const data = Int32Array.from(fileValues(map, segmentation, ids, -1, sample.id));
        folder.write(`${split}/label_${classes}/${index}.npy`, encodeNpy({ type: 'i4', shape, data }));
      }
      if (!depth || !unit) return;
      const data = inverse(depth, unit);
      folder.write(`${split}/depth/${index}.npy`, encodeNpy({ type: 'f4', shape: [...shape, 1], data }));
    });
    const { height, width } = dataset.size;
    return {
      name: 'cityscapes',
      format: 'npy',
      size: [height, width],
      ...(classes ? { classes } : {}),
      labels: [...(segmentation ? ['segmentation'] : []), ...(unit ? ['depth'] : [])],
      ...(unit ? { depth: unit === 'm' ? 'metres' : 'inverse' } : {}),
      ...(isMissing ? { allowMissing: true } : {}),
    };
  }
}

function inverse(depth: Raster, unit: 'm' | '1/m'): Float32Array {
  const data = Float32Array.from(depth.data);
  // One over z and back are the same function.
  return unit === 'm' ? inverseToMetres({ ...depth, data }).data : data;
}

/**
 * The layout of preprocessed Cityscapes, {train,val,test}/{image,label_7 or label_19,depth}/N.npy. Images, classes and inverse
 * depth come back as they were, to the bit; metres, which are written as inverse depth of the usual camera, within
 * 2⁻²² of them.
 */
export const cityscapesNpyExporter = definePart<Exporter, z.ZodObject>({
  description: 'preprocessed Cityscapes: .npy files of images, classes and inverse depth',
  options: z.strictObject({}),
  create: () => new CityscapesNpyExporter(),
});
