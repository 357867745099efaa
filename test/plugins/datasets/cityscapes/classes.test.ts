import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { classMap, describeClasses, labels } from '../../../../plugins/datasets/cityscapes/classes.js';
import { sharedFile } from '../fixtures.js';

/** Class of 7 and of 19 of the ids 0–33, then of −1; 255 = void. */
const expected7 = [
  255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 5, 6, 6, 6, 6, 6,
  6, 6, 6, 6,
];
const expected19 = [
  255, 255, 255, 255, 255, 255, 255, 0, 1, 255, 255, 2, 3, 4, 255, 255, 255, 5, 255, 6, 7, 8, 9, 10, 11, 12,
  13, 14, 15, 255, 255, 16, 17, 18, 255,
];
const ids = [...Array(34).keys(), 255];

describe('cityscapes: classes', () => {
  it('are those of all 35 ids, −1 stored as 255, and no other value has one', () => {
    const [seven, nineteen] = [classMap(7), classMap(19)];
    expect(ids.map((id) => seven.idOf(id))).to.deep.equal(expected7);
    expect(ids.map((id) => nineteen.idOf(id))).to.deep.equal(expected19);
    for (let value = 34; value < 255; value++) {
      expect([seven.idOf(value), nineteen.idOf(value)]).to.deep.equal([undefined, undefined]);
    }
    expect(seven.known).to.equal('0–33, 255');
  });

  it('have the colours of the data set', () => {
    const [seven, nineteen] = [describeClasses(7), describeClasses(19)];
    if (seven.kind !== 'classes' || nineteen.kind !== 'classes') throw new Error('expected classes');
    expect([nineteen.names.length, nineteen.colors.length]).to.deep.equal([19, 19]);
    expect([nineteen.names[0], nineteen.colors[0]]).to.deep.equal(['road', [128, 64, 128]]);
    expect([nineteen.names[11], nineteen.colors[11]]).to.deep.equal(['person', [220, 20, 60]]);
    expect(seven.colors[6]).to.deep.equal([0, 0, 142]);
  });

  const file = sharedFile('cityscapes', 'labels.json');
  const present = existsSync(file);
  (present ? it : it.skip)(
    `are those of the published table${present ? '' : ' (skipped: labels.json is not beside the repository)'}`,
    () => {
      const table = JSON.parse(readFileSync(file, 'utf8')) as {
        id: number;
        name: string;
        trainId19: number;
        train7: number;
        color: number[];
      }[];
      expect(table).to.have.length(35);
      for (const { id, name, trainId19, train7, color } of table) {
        const [, ownName, class7, class19, ownColor] = labels.find(([own]) => own === id)!;
        expect([ownName, ownColor]).to.deep.equal([name, color]);
        expect(class19 ?? 255, name).to.equal(trainId19 === -1 ? 255 : trainId19);
        // The table leaves plates out of its seven; METHOD §4 counts them as vehicles.
        expect(class7 ?? 255, name).to.equal(id === -1 ? 6 : train7);
      }
    },
  );
});
