import { expect } from 'chai';
import { problems } from './fixture.js';

type Options = Record<string, unknown>;

describe('folders: options', () => {
  const good = { split: { train: '*' } };

  it('has no complaint about good ones', () => {
    expect(problems(good)).to.deep.equal([]);
    expect(problems({ split: { train: 0.5, test: 0.5 } })).to.deep.equal([]);
    expect(
      problems({ ...good, labels: { files: 'a', classes: 2, map: { 7: 1 }, void: [255, 0] } }),
    ).to.deep.equal([]);
  });

  it('says what is wrong with classes', () => {
    const wrong = (given: Options): string =>
      problems({ ...good, labels: { files: 'a', classes: 2, ...given } }).join();
    expect(wrong({ map: { 7: 2 } })).to.equal('dataset.labels.map.7: expected a class id below 2, found 2');
    expect(wrong({ map: { x: 1 } })).to.match(/labels\.map\.x: expected a whole number, 0–65535, as the key/);
    expect(wrong({ void: [0] })).to.match(
      /labels\.void\[0\]: expected a value that is no class id \(0–1\).*labels\.map/,
    );
    expect(wrong({ map: { 255: 0 } })).to.match(
      /labels\.void\[0\]: expected a value that labels\.map does not map/,
    );
    expect(wrong({ colors: [[1, 2, 3]] })).to.match(/labels\.colors: expected 2 colours, one for each class/);
    expect(wrong({ classes: 256 })).to.match(/labels\.classes/);
  });

  it('says what is wrong with splits', () => {
    const wrong = (split: unknown): string => problems({ split }).join();
    expect(wrong({ train: 0.9, val: 0.2 })).to.match(
      /^dataset\.split: expected shares above 0 that add up to at most 1/,
    );
    expect(wrong({ train: 80, val: 20 })).to.match(
      /^dataset\.split: expected shares above 0 that add up to at most 1/,
    );
    expect(wrong({ train: '{a' })).to.match(/split\.train: expected a name pattern whose brackets pair up/);
    expect(wrong({ train: '*', vall: '*' })).to.match(/split\.vall: .*did you mean "val"/);
    expect(wrong({ train: '*', test: { from: 'train', fraction: 0.1 } })).to.match(/split\.test/);
  });

  it('refuses an unknown option', () => {
    expect(problems({ ...good, dept: {} })).to.have.length(1);
    expect(problems({ ...good, dept: {} })[0]).to.match(/dataset\.dept: .*did you mean "depth"/);
  });
});
