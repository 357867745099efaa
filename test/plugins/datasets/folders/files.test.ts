import { join } from 'node:path';
import { expect } from 'chai';
import { png16, png8 } from '../pictures.js';
import { failure, idsOf, labels, names, pictureFolder, rgb } from './fixture.js';

describe('folders: pairing', () => {
  const folder = pictureFolder();
  it('pairs by the path under the glob’s fixed folders, without suffix and extension', async () => {
    for (const city of ['aachen', 'bonn']) {
      await folder.write(
        `city/left/train/${city}/${city}_1_left.jpeg.png`,
        await png8(3, 3, Array<number>(18).fill(7)),
      );
      await folder.write(
        `city/fine/train/${city}/${city}_1_fine.png`,
        await png8(3, 1, Array<number>(6).fill(1)),
      );
    }
    const dataset = folder.make({
      root: 'city',
      rgb: 'left/**/*.png',
      labels: { files: 'fine/{train,val}/*/*.png', classes: 2 },
      suffix: { rgb: '_left.jpeg', labels: '_fine' },
      split: { train: 'train/**' },
    });
    // One glob is fixed to left/, the other to fine/: both end before their first wildcard.
    expect(await idsOf(dataset, 'train')).to.deep.equal(['train/aachen/aachen_1', 'train/bonn/bonn_1']);
    const sample = await (await dataset.split('train')).sample(1);
    expect([...sample.labels.segmentation!.data]).to.deep.equal([1, 1, 1, 1, 1, 1]);
  });

  it('takes absolute globs', async () => {
    const dataset = folder.make({
      root: 'city',
      rgb: join(folder.path, 'set/rgb/*.png'),
      split: { train: '*' },
    });
    expect(await idsOf(dataset, 'train')).to.deep.equal(names);
  });

  describe('of files that do not match', () => {
    const gappy = {
      rgb,
      labels: { ...labels, files: 'gappy/labels/*.png' },
      depth: { files: 'gappy/depth/*.png' },
      split: { train: '*' },
    };
    before(async () => {
      for (const name of ['learn1', 'other']) {
        await folder.write(`gappy/labels/${name}.png`, await png8(3, 1, [1, 1, 1, 1, 1, 1]));
      }
      for (const name of names)
        await folder.write(`gappy/depth/${name}_d.png`, await png16(3, 1, [1, 1, 1, 1, 1, 1]));
    });

    it('is one error with counts and names on either side', async () => {
      const { code, message } = await failure(folder.make(gappy).split('train'));
      expect(code).to.equal('DATA_INVALID');
      expect(message.split('\n').slice(0, 6)).to.deep.equal([
        'dataset.labels.files: expected one file for every image, found 2 files for 7 images',
        '  6 images without a file: learn0, learn2, learn3, learn4, test0, …',
        '  1 files without an image: other',
        'dataset.depth.files: expected one file for every image, found 7 files for 7 images',
        '  7 images without a file: learn0, learn1, learn2, learn3, learn4, …',
        '  7 files without an image: learn0_d, learn1_d, learn2_d, learn3_d, learn4_d, …',
      ]);
      expect(message).to.include('allowMissing: true');
    });

    it('passes with allowMissing, where some match', async () => {
      const options = { ...gappy, suffix: { depth: '_d' }, allowMissing: true };
      const split = await folder.make(options).split('train');
      expect(split.length).to.equal(7);
      expect(Object.keys((await split.sample(0)).labels)).to.deep.equal(['depth']);
      expect(Object.keys((await split.sample(1)).labels)).to.deep.equal(['segmentation', 'depth']);
      const none = await failure(folder.make({ ...gappy, allowMissing: true }).split('train'));
      expect(none.message).to.match(
        /^dataset\.depth\.files: expected files for some images, found 7 files for 7/,
      );
    });
  });

  it('says what a glob did not find, and where', async () => {
    const { code, message } = await failure(
      folder.make({ rgb: 'nothing/*.png', split: { train: '*' } }).split('train'),
    );
    expect(code).to.equal('DATA_INVALID');
    expect(message).to.equal(
      `dataset.rgb: expected a glob that finds at least one file, found no file that fits "nothing/*.png" in ${folder.path}`,
    );
    const absent = await failure(folder.make({ root: 'absent', rgb, split: { train: '*' } }).split('train'));
    expect(absent.message).to.include(
      `dataset.root: expected a folder, found no folder at ${folder.path}/absent`,
    );
  });

  it('refuses two files of one name, and a file without the suffix', async () => {
    await folder.write('twice/a.png', await png8(3, 3, Array<number>(18).fill(7)));
    await folder.write('twice/a.webp', '');
    const twice = await failure(folder.make({ rgb: 'twice/*', split: { train: '*' } }).split('train'));
    expect(twice.message).to.match(/dataset\.rgb: .*twice\/a\.png and .*twice\/a\.webp, both named "a"/);
    const suffix = await failure(
      folder.make({ rgb, suffix: { rgb: '0' }, split: { train: '*' } }).split('train'),
    );
    expect(suffix.message).to.match(
      /only files whose names end with "0" \(suffix\.rgb\), found .*learn1\.png/,
    );
  });
});
