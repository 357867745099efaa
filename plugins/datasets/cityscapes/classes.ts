import type { LabelInfo } from '../../../core/index.js';
import { tableMap, voidId, type ClassMap } from '../common/class-map.js';

type Rgb = readonly [number, number, number];

/** id in label files, name, class of 7 and of 19 (undefined = void), colour */
type Label = readonly [
  id: number,
  name: string,
  class7: number | undefined,
  class19: number | undefined,
  color: Rgb,
];

const none = undefined;

/**
 * The labels of the data set (https://github.com/mcordts/cityscapesScripts, helpers/labels.py). The 7 classes are its
 * categories without `void`, the 19 its training classes. `license plate`, −1, is never drawn by the official tools, so
 * that plates have the id of their vehicle; files of 8 bits that do have it hold 255. As a vehicle it is of class 6, as
 * by XTasC-Net's authors, and has no class among the 19.
 */
export const labels: readonly Label[] = [
  [0, 'unlabeled', none, none, [0, 0, 0]],
  [1, 'ego vehicle', none, none, [0, 0, 0]],
  [2, 'rectification border', none, none, [0, 0, 0]],
  [3, 'out of roi', none, none, [0, 0, 0]],
  [4, 'static', none, none, [0, 0, 0]],
  [5, 'dynamic', none, none, [111, 74, 0]],
  [6, 'ground', none, none, [81, 0, 81]],
  [7, 'road', 0, 0, [128, 64, 128]],
  [8, 'sidewalk', 0, 1, [244, 35, 232]],
  [9, 'parking', 0, none, [250, 170, 160]],
  [10, 'rail track', 0, none, [230, 150, 140]],
  [11, 'building', 1, 2, [70, 70, 70]],
  [12, 'wall', 1, 3, [102, 102, 156]],
  [13, 'fence', 1, 4, [190, 153, 153]],
  [14, 'guard rail', 1, none, [180, 165, 180]],
  [15, 'bridge', 1, none, [150, 100, 100]],
  [16, 'tunnel', 1, none, [150, 120, 90]],
  [17, 'pole', 2, 5, [153, 153, 153]],
  [18, 'polegroup', 2, none, [153, 153, 153]],
  [19, 'traffic light', 2, 6, [250, 170, 30]],
  [20, 'traffic sign', 2, 7, [220, 220, 0]],
  [21, 'vegetation', 3, 8, [107, 142, 35]],
  [22, 'terrain', 3, 9, [152, 251, 152]],
  [23, 'sky', 4, 10, [70, 130, 180]],
  [24, 'person', 5, 11, [220, 20, 60]],
  [25, 'rider', 5, 12, [255, 0, 0]],
  [26, 'car', 6, 13, [0, 0, 142]],
  [27, 'truck', 6, 14, [0, 0, 70]],
  [28, 'bus', 6, 15, [0, 60, 100]],
  [29, 'caravan', 6, none, [0, 0, 90]],
  [30, 'trailer', 6, none, [0, 0, 110]],
  [31, 'train', 6, 16, [0, 80, 100]],
  [32, 'motorcycle', 6, 17, [0, 0, 230]],
  [33, 'bicycle', 6, 18, [119, 11, 32]],
  [-1, 'license plate', 6, none, [0, 0, 142]],
];

const categories = ['flat', 'construction', 'object', 'nature', 'sky', 'human', 'vehicle'];

export type ClassCount = 7 | 19;

/** The class of an id, undefined = void. */
export function classOf([, , class7, class19]: Label, count: ClassCount): number | undefined {
  return count === 7 ? class7 : class19;
}

/** The first label of each class, by class id. */
export function firstLabels(count: ClassCount): readonly Label[] {
  return Array.from({ length: count }, (_, id) => labels.find((label) => classOf(label, count) === id)!);
}

/** Names and colours; a category has the colour of its first label. */
export function describeClasses(count: ClassCount): LabelInfo {
  const first = firstLabels(count);
  return {
    kind: 'classes',
    names: count === 7 ? categories : first.map(([, name]) => name),
    colors: first.map(([, , , , color]) => color),
    void: voidId,
  };
}

/** From the values of an 8-bit label file to classes. */
export function classMap(count: ClassCount): ClassMap {
  return tableMap(
    labels.map((label) => [label[0] & 0xff, classOf(label, count) ?? voidId] as const),
    {
      fix: 'take the files *_gtFine_labelIds.png, as they were published',
      emptyFix: 'fetch the file again (the published labels of the test split are all void)',
    },
  );
}
