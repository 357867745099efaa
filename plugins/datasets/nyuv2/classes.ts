import type { LabelInfo } from '../../../core/index.js';
import { classColor } from '../common/class-colors.js';
import { tableMap, voidId, type ClassMap } from '../common/class-map.js';
import { classes40To13, objectsTo40 } from './class-tables.js';

export type ClassCount = 13 | 40;

/** Couprie et al. 2013; class id = place in the list. */
const names13 = [
  'bed',
  'books',
  'ceiling',
  'chair',
  'floor',
  'furniture',
  'objects',
  'picture',
  'sofa',
  'table',
  'tv',
  'wall',
  'window',
];

/** Gupta et al. 2013, with their spelling; class id = place in the list. */
const names40 =
  'wall,floor,cabinet,bed,chair,sofa,table,door,window,bookshelf,picture,counter,blinds,desk,shelves,curtain,dresser,pillow,mirror,floor mat,clothes,ceiling,books,refridgerator,television,paper,towel,shower curtain,box,whiteboard,person,night stand,toilet,sink,lamp,bathtub,bag,otherstructure,otherfurniture,otherprop'.split(
    ',',
  );

/** The data have no colours of their own. */
export function describeClasses(count: ClassCount): LabelInfo {
  const names = count === 13 ? names13 : names40;
  return { kind: 'classes', names, colors: names.map((_, id) => classColor(id)), void: voidId };
}

/** The class id of an object of the .mat file, 1–894; undefined for 0, unlabelled. */
export function classOf(object: number, count: ClassCount): number | undefined {
  const of40 = objectsTo40[object - 1];
  if (of40 === undefined) return undefined;
  return (count === 40 ? of40 : classes40To13[of40 - 1]!) - 1;
}

/** From the objects of the .mat file to classes. */
export function objectMap(count: ClassCount): ClassMap {
  const objects = Array.from({ length: objectsTo40.length + 1 }, (_, object) => object);
  return tableMap(
    objects.map((object) => [object, classOf(object, count) ?? voidId] as const),
    {
      fix: 'fetch nyu_depth_v2_labeled.mat again; its labels are the 894 objects as published',
      emptyFix: 'set allowMissing: true where samples may lack labels',
    },
  );
}

/** The first object of each class, by class id. */
export function firstObjects(count: ClassCount): readonly number[] {
  return Array.from(
    { length: count },
    (_, id) => objectsTo40.findIndex((_, index) => classOf(index + 1, count) === id) + 1,
  );
}
