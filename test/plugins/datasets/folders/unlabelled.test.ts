import { expect } from 'chai';
import { png8 } from '../pictures.js';
import { everything, failure, idsOf, names, pictureFolder } from './fixture.js';

describe('folders: images without labels', () => {
  const folder = pictureFolder();
  const split = { train: 'learn*', val: 'test0', test: 'test1' };
  const unlabelled = 'more/**/*.png';

  before(async () => {
    for (const [index, name] of ['b', 'a', 'night/a', 'learn0'].entries()) {
      await folder.write(`more/${name}.png`, await png8(3, 3, Array<number>(18).fill(100 + index)));
    }
  });

  it('come to the training split alone, after its samples, with names of their own', async () => {
    const dataset = folder.make({ ...everything, split, unlabelled });
    const learnt = names.filter((name) => name.startsWith('learn'));
    const more = ['a', 'b', 'learn0', 'night/a'].map((name) => `unlabelled/${name}`);
    expect(await idsOf(dataset, 'train')).to.deep.equal([...learnt, ...more]);
    expect(await idsOf(dataset, 'val')).to.deep.equal(['test0']);
    expect(await idsOf(dataset, 'test')).to.deep.equal(['test1']);
  });

  it('have an image and nothing else', async () => {
    const train = await folder.make({ ...everything, split, unlabelled }).split('train');
    const { image, labels } = await train.sample(5);
    expect(new Set(image.data)).to.deep.equal(new Set([101]));
    expect(labels).to.deep.equal({});
    expect(train.files!(5)!.map((file) => file.slice(-'more/a.png'.length))).to.deep.equal(['more/a.png']);
  });

  it('have no part in random shares', async () => {
    const shares = { train: 0.5, val: 0.5 };
    const [plain, more] = [
      folder.make({ ...everything, split: shares }),
      folder.make({ ...everything, split: shares, unlabelled }),
    ];
    expect(await idsOf(more, 'val')).to.deep.equal(await idsOf(plain, 'val'));
    expect((await idsOf(more, 'train')).slice(0, -4)).to.deep.equal(await idsOf(plain, 'train'));
  });

  it('says where the glob finds nothing, or images that have labels', async () => {
    const nothing = await failure(
      folder.make({ ...everything, split, unlabelled: 'none/*.png' }).split('train'),
    );
    expect(nothing.message).to.match(
      /^dataset\.unlabelled: expected a glob that finds at least one file, found no file that fits "none\/\*\.png"/,
    );
    const all = await failure(
      folder.make({ ...everything, split, unlabelled: 'set/rgb/*.png' }).split('train'),
    );
    expect(all.message).to.match(
      /^dataset\.unlabelled: expected images that dataset\.rgb does not find, found 7 that it finds, too: .*; narrow/,
    );
  });
});
