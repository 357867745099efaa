import { expect } from 'chai';
import type { Dataset } from '../../../../core/index.js';
import { failure, idsOf, names, pictureFolder, rgb } from './fixture.js';

describe('folders: splits', () => {
  const folder = pictureFolder();
  const split = (value: unknown): Dataset => folder.make({ rgb, split: value });

  it('are patterns over names', async () => {
    const dataset = split({ train: ['learn*', '!learn4'], val: 'learn4', test: 'test*' });
    expect(await idsOf(dataset, 'train')).to.deep.equal(['learn0', 'learn1', 'learn2', 'learn3']);
    expect(await idsOf(dataset, 'val')).to.deep.equal(['learn4']);
    expect(await idsOf(dataset, 'test')).to.deep.equal(['test0', 'test1']);
  });

  it('may hold a part of train apart for val, the same one every time', async () => {
    const divided = async (seed: number): Promise<[string[], string[]]> => {
      const dataset = split({ train: 'learn*', val: { from: 'train', fraction: 0.4, seed } });
      return [await idsOf(dataset, 'train'), await idsOf(dataset, 'val')];
    };
    const [train, val] = await divided(0);
    expect([train.length, val.length]).to.deep.equal([3, 2]);
    expect([...train, ...val].sort()).to.deep.equal(names.slice(0, 5));
    expect(await divided(0)).to.deep.equal([train, val]);
    const others = await Promise.all([1, 2, 3, 4].map(divided));
    expect(others.some(([, other]) => String(other) !== String(val))).to.equal(true);
  });

  it('are text lists', async () => {
    await folder.write('lists/train.txt', 'learn3\r\nlearn0\n\n');
    const dataset = split({ train: { list: 'lists/train.txt' }, test: 'test*' });
    expect(await idsOf(dataset, 'train')).to.deep.equal(['learn0', 'learn3']);
    await folder.write('lists/wrong.txt', 'learn0\nlearn9\n');
    const { message } = await failure(split({ train: { list: 'lists/wrong.txt' } }).split('train'));
    expect(message).to.match(
      /lists\/wrong\.txt: expected names of samples \(such as learn0, .*found 1 that .*: learn9/,
    );
    const absent = await failure(split({ train: { list: 'lists/absent.txt' } }).split('train'));
    expect(absent).to.have.property('code', 'DATA_INVALID');
    expect(absent.message).to.include('lists/absent.txt');
  });

  it('are a JSON file', async () => {
    await folder.write('splits.json', JSON.stringify({ train: ['learn1', 'learn0'], test: ['test1'] }));
    const dataset = split({ file: 'splits.json' });
    expect(await idsOf(dataset, 'train')).to.deep.equal(['learn0', 'learn1']);
    expect(await idsOf(dataset, 'test')).to.deep.equal(['test1']);
    await folder.write('bad.json', '{ "train": "learn0" }');
    const { message } = await failure(split({ file: 'bad.json' }).split('train'));
    expect(message).to.match(/bad\.json\.train: expected a list, found "learn0"/);
    await folder.write('torn.json', '{ "train": [');
    expect((await failure(split({ file: 'torn.json' }).split('train'))).message).to.match(
      /torn\.json: expected JSON/,
    );
  });

  it('are random shares that take every sample once', async () => {
    const dataset = split({ train: 0.6, val: 0.2, test: 0.2, seed: 3 });
    const parts = [await idsOf(dataset, 'train'), await idsOf(dataset, 'val'), await idsOf(dataset, 'test')];
    expect(parts.map((part) => part.length)).to.deep.equal([4, 2, 1]);
    expect(parts.flat().sort()).to.deep.equal(names);
    for (const part of parts) expect(part).to.deep.equal([...part].sort());
  });

  it('never share a sample', async () => {
    const { code, message } = await failure(split({ train: '*', test: 'test*' }).split('train'));
    expect(code).to.equal('DATA_INVALID');
    expect(message).to.match(/at most one split, found "test0" in train and in test/);
  });

  it('are refused where absent or empty', async () => {
    const absent = await failure(split({ train: 'learn*' }).split('val'));
    expect(absent.message).to.match(/dataset\.split: expected a part "val", found \{"train":"learn\*"\}/);
    const empty = await failure(split({ train: 'learn*', test: 'exam*' }).split('test'));
    expect(empty.message).to.match(
      /dataset\.split\.test: expected at least one of the 7 samples \(learn0, .*found none/,
    );
  });
});
