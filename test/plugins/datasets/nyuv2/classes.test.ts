import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseMat5, type Mat5Array } from '../../../../plugins/datasets/common/mat5.js';
import { classes40To13, objectsTo40 } from '../../../../plugins/datasets/nyuv2/class-tables.js';
import {
  classOf,
  describeClasses,
  firstObjects,
  objectMap,
} from '../../../../plugins/datasets/nyuv2/classes.js';
import { sharedFile } from '../fixtures.js';

/** Class of 13 (1–13) of the 40 classes, after 0 = unlabelled. */
const expected13 = [
  0, 12, 5, 6, 1, 4, 9, 10, 12, 13, 6, 8, 6, 13, 10, 6, 13, 6, 7, 7, 5, 7, 3, 2, 6, 11, 7, 7, 7, 7, 7, 7, 6,
  7, 7, 7, 7, 7, 7, 6, 7,
];

describe('nyuv2: classes', () => {
  it('are those of all 41 ids', () => {
    expect([0, ...classes40To13]).to.deep.equal(expected13);
    expect(objectsTo40).to.have.length(894);
    expect(objectsTo40.every((id) => id >= 1 && id <= 40)).to.equal(true);
  });

  it('of an object follow one another, unlabelled is void, and there is no object 895', () => {
    for (const count of [13, 40] as const) {
      const map = objectMap(count);
      expect(map.idOf(0)).to.equal(255);
      expect(map.idOf(895)).to.equal(undefined);
      objectsTo40.forEach((id, index) => {
        expect(map.idOf(index + 1)).to.equal(count === 40 ? id - 1 : expected13[id]! - 1);
      });
      expect(firstObjects(count).map((object) => classOf(object, count))).to.deep.equal([
        ...Array(count).keys(),
      ]);
    }
  });

  it('have names and colours', () => {
    for (const count of [13, 40] as const) {
      const info = describeClasses(count);
      if (info.kind !== 'classes') throw new Error('expected classes');
      expect(new Set(info.names).size).to.equal(count);
      expect(new Set(info.colors.map(String)).size).to.equal(count);
    }
  });

  const present = existsSync(sharedFile('nyuv2', 'classMapping40.mat'));
  (present ? it : it.skip)(
    `are those of the published maps${present ? '' : ' (skipped: the .mat files are not beside the repository)'}`,
    () => {
      const read = (file: string): ReadonlyMap<string, Mat5Array> =>
        parseMat5(readFileSync(sharedFile('nyuv2', file)), file);
      expect([...read('classMapping40.mat').get('mapClass')!.data]).to.deep.equal(objectsTo40);
      expect([...read('class13Mapping.mat').get('classMapping13.labels13')!.data]).to.deep.equal(
        classes40To13,
      );
      const { map } = JSON.parse(readFileSync(sharedFile('nyuv2', 'map40to13.json'), 'utf8')) as {
        map: Record<string, number>;
      };
      expect(expected13.map((_, id) => map[id])).to.deep.equal(expected13);
    },
  );
});
