import { z } from 'zod';
import {
  definePart,
  splitNames,
  type ExportSource,
  type Exporter,
  type LabelInfo,
  type SplitName,
} from '../../../core/index.js';
import { ExportFolder } from '../common/export/folder.js';
import {
  classCount,
  depthUnit,
  exportable,
  fileValues,
  forEachSample,
  lacks,
  misfit,
} from '../common/export/source.js';
import { encodeMat5 } from '../common/mat5.js';
import { firstObjects } from './classes.js';
import { matFileName } from './mat-file.js';
import { MatWriter } from './mat-writer.js';

const layout = 'nyuv2';

/** @throws MtlError `DATA_INVALID` where depth is not in metres */
export function requireMetres(depth: Extract<LabelInfo, { kind: 'scalar' }>, name: string): void {
  const unit = depthUnit(depth, name);
  if (unit !== 'm') throw misfit(name, 'depth', 'metres (unit m)', `the unit ${unit}`);
}

class Nyuv2Exporter implements Exporter {
  async write(source: ExportSource, root: string): Promise<Readonly<Record<string, unknown>>> {
    const { dataset, splits } = source;
    const labels = exportable(dataset, layout, ['segmentation', 'depth']);
    const { segmentation, depth } = labels;
    const classes = segmentation && classCount(segmentation, [13, 40], layout);
    if (depth) requireMetres(depth, layout);
    const objects = classes ? firstObjects(classes) : [];
    const folder = new ExportFolder(root);
    const { starts, count } = placing(splits);
    const writer = await MatWriter.create(folder.place(matFileName), count, dataset.size);
    let isMissing = false;
    try {
      await forEachSample(source, (sample, split, index) => {
        isMissing ||= lacks(sample, labels);
        const place = starts[split] + index;
        writer.image(place, sample.image);
        const map = sample.labels.segmentation;
        if (map && segmentation) {
          const values = fileValues(map, segmentation, objects, 0, sample.id);
          writer.label(place, { ...map, data: Int32Array.from(values) });
        }
        if (depth && sample.labels.depth) writer.depth(place, sample.labels.depth);
      });
    } catch (error) {
      writer.abandon();
      throw error;
    }
    writer.finish();
    folder.write('splits.mat', encodeMat5(lists(splits, starts)));
    const { height, width } = dataset.size;
    return {
      name: layout,
      format: 'mat',
      size: [height, width],
      ...(classes ? { classes } : {}),
      labels: [...(segmentation ? ['segmentation'] : []), ...(depth ? ['depth'] : [])],
      val: splits.val && splits.test ? 'listed' : 'test',
      ...(isMissing ? { allowMissing: true } : {}),
    };
  }
}

/** The splits one after the other. */
function placing(splits: ExportSource['splits']): { starts: Record<SplitName, number>; count: number } {
  const starts = { train: 0, val: 0, test: 0 };
  let count = 0;
  for (const split of splitNames) {
    starts[split] = count;
    count += splits[split]?.length ?? 0;
  }
  return { starts, count };
}

/** Samples from 1 on. Where there is no test split, val is listed as it, as papers have it. */
function lists(
  splits: ExportSource['splits'],
  starts: Readonly<Record<SplitName, number>>,
): Record<string, number[]> {
  const list = (split: SplitName): number[] =>
    Array.from({ length: splits[split]?.length ?? 0 }, (_, index) => starts[split] + index + 1);
  return {
    trainNdxs: list('train'),
    testNdxs: list(splits.test ? 'test' : 'val'),
    ...(splits.val && splits.test ? { valNdxs: list('val') } : {}),
  };
}

/**
 * The published layout of NYUv2: nyu_depth_v2_labeled.mat (compressed, without what the data set does not read) and
 * splits.mat, for at most 40 classes and depth in metres. A class is written as the first of its objects. Everything comes
 * back as it was, to the bit; the layout holds no normals.
 */
export const nyuv2Exporter = definePart<Exporter, z.ZodObject>({
  description: 'the published layout of NYUv2: nyu_depth_v2_labeled.mat and splits.mat',
  options: z.strictObject({}),
  create: () => new Nyuv2Exporter(),
});
