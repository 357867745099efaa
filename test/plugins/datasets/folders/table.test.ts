import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Dataset, MtlError, Raster } from '../../../../core/index.js';
import { failure, names, pictureFolder, problems, rgb } from './fixture.js';

const weather = ['clear', 'hazy', 'overcast'];
const columns = { classes: { weather }, numbers: { people: 'people' } };

function one(data: Raster['data']): Raster {
  return { height: 1, width: 1, channels: 1, data };
}

/** A whole table with `lines` in place of those of the first samples. */
function tableText(...lines: string[]): string {
  const others = names.slice(lines.length).map((name) => `${name},clear,0`);
  return ['name,weather,people', ...lines, ...others, ''].join('\n');
}

describe('folders: labels from a table', () => {
  const folder = pictureFolder();
  const make = (table: object, options = {}): Dataset =>
    folder.make({ rgb, table, split: { train: '*' }, ...options });

  async function given(text: string, table = {}, options = {}): Promise<Dataset> {
    await folder.write('labels.csv', text);
    return make({ file: 'labels.csv', ...columns, ...table }, options);
  }
  async function labelsOf(dataset: Dataset): Promise<Readonly<Record<string, Raster | undefined>>[]> {
    const split = await dataset.split('train');
    return Promise.all(
      Array.from({ length: split.length }, async (_, at) => (await split.sample(at)).labels),
    );
  }
  async function wrong(text: string, table = {}, options = {}): Promise<string> {
    const error: MtlError = await failure((await given(text, table, options)).split('train'));
    expect(error.code).to.equal('DATA_INVALID');
    return error.message;
  }

  it('are described by their columns', () => {
    expect(make({ file: 'absent.csv', ...columns }).labels).to.deep.equal({
      weather: { kind: 'imageClass', names: weather },
      people: { kind: 'imageNumber', unit: 'people' },
    });
  });

  it('are one class id or one number for the whole image; 0 is a number, an empty cell none', async () => {
    const found = await labelsOf(
      await given(tableText('learn0,overcast,0', 'learn1,,-1.5e1', 'learn2,hazy,', 'learn3,,')),
    );
    expect(found.slice(0, 4)).to.deep.equal([
      { weather: one(Uint8Array.of(2)), people: one(Float32Array.of(0)) },
      { people: one(Float32Array.of(-15)) },
      { weather: one(Uint8Array.of(1)) },
      {},
    ]);
  });

  it('stand beside labels in pictures', async () => {
    const dataset = await given(
      tableText('learn0,hazy,3'),
      {},
      { labels: { files: 'set/labels/*.png', classes: 2 } },
    );
    const [first] = await labelsOf(dataset);
    expect(Object.keys(first!)).to.have.members(['segmentation', 'weather', 'people']);
    expect(first!.segmentation).to.include({ height: 2, width: 3 });
  });

  it('come from files as spreadsheets write them', async () => {
    const text = [
      '\ufeff"note","people" , weather,file',
      ...names.map((name, at) => `"a, ""b""\n",${at}, ${weather[at % 3]} ,${name}`),
      '',
      ',,,',
    ].join('\r\n');
    const found = await labelsOf(await given(text, { name: 'file' }));
    found.forEach((labels, at) => {
      expect(labels).to.deep.equal({
        weather: one(Uint8Array.of(at % 3)),
        people: one(Float32Array.of(at)),
      });
    });
  });

  it('do not depend on the order of lines and columns', async () => {
    const rows = names.map((name, at) => ({ name, weather: weather[at % 3]!, people: String(at / 4) }));
    const expected = await labelsOf(await given(tableText(...rows.map((row) => Object.values(row).join()))));
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(rows, { minLength: rows.length }),
        fc.shuffledSubarray(['name', 'weather', 'people'] as const, { minLength: 3 }),
        async (shuffled, order) => {
          const lines = shuffled.map((row) => order.map((column) => row[column]).join());
          expect(await labelsOf(await given([order.join(), ...lines].join('\n')))).to.deep.equal(expected);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('make the table one of the files of every sample', async () => {
    const split = await (await given(tableText())).split('train');
    for (let index = 0; index < split.length; index++) {
      expect(split.files!(index)).to.deep.equal([
        join(folder.path, `set/rgb/${names[index]}.png`),
        join(folder.path, 'labels.csv'),
      ]);
    }
  });

  it('may lack samples only where allowMissing says so', async () => {
    const text = 'name,weather,people\nlearn1,hazy,2\n';
    expect(await wrong(text)).to.match(
      /labels\.csv, after line 2: expected a line for every sample, found none for 6: learn0, learn2, .*allowMissing/,
    );
    const found = await labelsOf(await given(text, {}, { allowMissing: true }));
    expect(found.map((labels) => Object.keys(labels).length)).to.deep.equal([0, 2, 0, 0, 0, 0, 0]);
  });

  it('name no unknown sample, and none twice', async () => {
    for (const options of [{}, { allowMissing: true }]) {
      expect(await wrong(tableText('learn0.png,hazy,1'), {}, options)).to.match(
        /labels\.csv, line 2, column "name": expected the name of a sample \(such as learn0, .*\), found "learn0\.png"; .*extension/,
      );
    }
    expect(await wrong(tableText('learn0,hazy,1', 'learn0,hazy,1'))).to.match(
      /labels\.csv, line 3, column "name": expected one line for each sample, found "learn0", which line 2 has too; /,
    );
  });

  it('are of known classes', async () => {
    expect(await wrong(tableText('learn0,Hazy,1'))).to.match(
      /labels\.csv, line 2, column "weather": expected one of the classes clear, hazy, overcast, found "Hazy"; .*dataset\.table\.classes\.weather/,
    );
  });

  it('are decimal numbers that float32 holds', async () => {
    for (const text of ['many', '"1,5"', '0x10', 'Infinity', 'NaN', '1e39', '1 2', '-', '.']) {
      expect(await wrong(tableText('learn0,clear,1', `learn1,clear,${text}`)), text).to.match(
        /labels\.csv, line 3, column "people": expected a number .*, found ".*"; mend the cell/,
      );
    }
    for (const [text, value] of [
      ['+.5', 0.5],
      ['2.', 2],
      ['1E2', 100],
      [' 7 ', 7],
    ] as const) {
      const [first] = await labelsOf(await given(tableText(`learn0,,${text}`)));
      expect(first!.people!.data[0], text).to.equal(value);
    }
  });

  it('are in columns that are there, once', async () => {
    expect(await wrong(tableText(), { name: 'file' })).to.match(
      /labels\.csv, line 1: expected a column "file", found the columns "name", "weather", "people"; /,
    );
    expect(await wrong('name,people\n')).to.match(/line 1: expected a column "weather"/);
    expect(await wrong('name;weather;people\n')).to.match(
      /found the columns "name;weather;people"; .*commas/,
    );
    expect(await wrong('name,weather,people,weather\n')).to.match(/expected only one column "weather"/);
    expect(await wrong('')).to.match(/line 1: expected a column "name", found an empty file/);
  });

  it('come from a file that is there and whole', async () => {
    const absent = await failure(make({ file: 'absent.csv', ...columns }).split('train'));
    expect(absent).to.have.property('code', 'DATA_INVALID');
    expect(absent.message).to.match(
      /dataset\.table\.file: expected a readable file .*absent\.csv, found ENOENT/,
    );
    expect(await wrong(tableText('learn0,hazy'))).to.match(
      /labels\.csv, line 2: expected comma-separated values, as many in each line .*, found .*; put texts/,
    );
    expect(await wrong(tableText('learn0,"hazy,1'))).to.match(
      /labels\.csv, line \d+: expected comma-separated/,
    );
  });

  it('have options that fit together', () => {
    const complaint = (table: object): string =>
      problems({ split: { train: '*' }, table: { file: 'a.csv', ...table } }).join();
    expect(complaint(columns)).to.equal('');
    expect(complaint({})).to.match(/dataset\.table: expected at least one column in classes or numbers/);
    expect(complaint({ numbers: { name: 'm' } })).to.match(/table\.numbers\.name: expected another column/);
    expect(complaint({ numbers: { depth: 'm' } })).to.match(/table\.numbers\.depth: .*segmentation, depth/);
    expect(complaint({ ...columns, numbers: { weather: 'm' } })).to.match(
      /table\.numbers\.weather: expected a column that is not in classes too/,
    );
    expect(complaint({ classes: { a: ['x', 'x'] } })).to.match(/classes\.a\[1\]: expected class names that/);
    expect(complaint({ classes: { a: [' x'] } })).to.match(/classes\.a\[0\]: expected a class name without/);
    expect(complaint({ ...columns, clases: {} })).to.match(/did you mean "classes"/);
  });
});
