import { z } from 'zod';
import { definePart, type ExportSource, type Exporter } from '../../../core/index.js';
import { ExportFolder } from '../common/export/folder.js';
import { classCount, exportable, fileValues, forEachSample, lacks } from '../common/export/source.js';
import { imageToNpy } from '../common/npy-labels.js';
import { encodeNpy } from '../common/npy.js';
import { requireMetres } from './export.js';

const layout = 'nyuv2Npy';

class Nyuv2NpyExporter implements Exporter {
  async write(source: ExportSource, root: string): Promise<Readonly<Record<string, unknown>>> {
    const { dataset } = source;
    const labels = exportable(dataset, layout, ['segmentation', 'depth', 'normals']);
    const { segmentation } = labels;
    if (segmentation) classCount(segmentation, [13], layout);
    if (labels.depth) requireMetres(labels.depth, layout);
    const ids = segmentation?.names.map((_, id) => id) ?? [];
    const folder = new ExportFolder(root);
    let isMissing = false;
    await forEachSample(source, (sample, split, index) => {
      isMissing ||= lacks(sample, labels);
      const { image } = sample;
      const shape = [image.height, image.width];
      const { segmentation: map, depth, normals } = sample.labels;
      folder.write(`${split}/image/${index}.npy`, encodeNpy(imageToNpy(image)));
      if (map && segmentation) {
        const data = Int32Array.from(fileValues(map, segmentation, ids, -1, sample.id));
        folder.write(`${split}/label/${index}.npy`, encodeNpy({ type: 'i4', shape, data }));
      }
      if (depth && labels.depth) {
        const data = Float32Array.from(depth.data);
        folder.write(`${split}/depth/${index}.npy`, encodeNpy({ type: 'f4', shape: [...shape, 1], data }));
      }
      if (normals && labels.normals) {
        const data = Float32Array.from(normals.data);
        folder.write(`${split}/normal/${index}.npy`, encodeNpy({ type: 'f4', shape: [...shape, 3], data }));
      }
    });
    const { height, width } = dataset.size;
    return {
      name: 'nyuv2',
      format: 'npy',
      size: [height, width],
      labels: [...(segmentation ? ['segmentation'] : []), ...(labels.depth ? ['depth'] : [])],
      normals: labels.normals ? 'files' : 'none',
      ...(isMissing ? { allowMissing: true } : {}),
    };
  }
}

/**
 * The layout of preprocessed NYUv2, {train,val,test}/{image,label,depth,normal}/N.npy, for at most 13 classes and depth in
 * metres. Everything comes back as it was, to the bit.
 */
export const nyuv2NpyExporter = definePart<Exporter, z.ZodObject>({
  description: 'preprocessed NYUv2: .npy files of images, classes, metres and normals',
  options: z.strictObject({}),
  create: () => new Nyuv2NpyExporter(),
});
