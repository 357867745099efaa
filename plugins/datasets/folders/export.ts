import { z } from 'zod';
import { definePart, encodePng, type Exporter, type ExportSource } from '../../../core/index.js';
import { ExportFolder, padded } from '../common/export/folder.js';
import { grey16Png, grey8Png, steps } from '../common/export/png.js';
import {
  classCount,
  depthUnit,
  exportable,
  fileValues,
  forEachSample,
  lacks,
  type Exportable,
} from '../common/export/source.js';
import { normalsToRgb } from '../common/normals-from-rgb.js';

const layout = 'folders';
const void8 = 255;
const steps16 = 65535;

interface DepthSteps {
  /** Metres, or inverse metres, per unit in the files. */
  readonly scale: number;
  readonly max: number;
}

class FoldersExporter implements Exporter {
  async write(source: ExportSource, root: string): Promise<Readonly<Record<string, unknown>>> {
    const { dataset } = source;
    const labels = exportable(dataset, layout, ['segmentation', 'depth', 'normals']);
    if (labels.segmentation) classCount(labels.segmentation, [255], layout);
    const depth = labels.depth && (await depthSteps(source, labels.depth.range[1]));
    const folder = new ExportFolder(root);
    let isMissing = false;
    await forEachSample(source, async (sample, split, index) => {
      const name = `${split}/${padded(index)}.png`;
      isMissing ||= lacks(sample, labels);
      folder.write(`rgb/${name}`, await encodePng(sample.image));
      const { segmentation, depth: metres, normals } = sample.labels;
      if (segmentation && labels.segmentation) {
        const ids = labels.segmentation.names.map((_, id) => id);
        const values = fileValues(segmentation, labels.segmentation, ids, void8, sample.id);
        folder.write(`labels/${name}`, await grey8Png(segmentation, values));
      }
      if (metres && depth) folder.write(`depth/${name}`, await grey16Png(metres, steps(metres, depth.scale)));
      if (normals && labels.normals) folder.write(`normals/${name}`, await encodePng(normalsToRgb(normals)));
    });
    return config(source, labels, depth, isMissing);
  }
}

/** So fine that the greatest value of all samples still fits 16 bits; all are read once for it. */
async function depthSteps({ splits }: ExportSource, range: number): Promise<DepthSteps> {
  let greatest = 0;
  await forEachSample({ splits } as ExportSource, ({ labels }) => {
    for (const value of labels.depth?.data ?? []) if (value > greatest) greatest = value;
  });
  const scale = (greatest || range) / steps16;
  // Half a step more than the greatest value can come back.
  return { scale, max: Math.max(range, greatest) + scale };
}

function config(
  { dataset, splits }: ExportSource,
  { segmentation, depth, normals }: Exportable,
  depthScale: DepthSteps | undefined,
  isMissing: boolean,
): Readonly<Record<string, unknown>> {
  const { height, width } = dataset.size;
  return {
    name: layout,
    size: [height, width],
    rgb: 'rgb/**/*.png',
    ...(segmentation
      ? {
          labels: {
            files: 'labels/**/*.png',
            classes: [...segmentation.names],
            colors: segmentation.colors.map((color) => [...color]),
          },
        }
      : {}),
    ...(depth
      ? {
          depth: { files: 'depth/**/*.png', ...depthScale, inverse: depthUnit(depth, layout) === '1/m' },
        }
      : {}),
    ...(normals ? { normals: { files: 'normals/**/*.png' } } : {}),
    split: Object.fromEntries(Object.keys(splits).map((split) => [split, `${split}/**`])),
    ...(isMissing ? { allowMissing: true } : {}),
  };
}

/**
 * The layout of the data set `folders`: rgb, labels, depth and normals of SPLIT/N.png. Images and classes come back as
 * they were; depth within half a step, 1/131070 of the greatest depth there is; normals within 0.4°.
 */
export const foldersExporter = definePart<Exporter, z.ZodObject>({
  description: 'PNG files for the data set `folders`',
  options: z.strictObject({}),
  create: () => new FoldersExporter(),
});
