import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { hdf5 } from '../../../../plugins/datasets/common/hdf5.js';
import { MatFile } from '../../../../plugins/datasets/nyuv2/mat-file.js';
import { failure } from '../make.js';
import { temporaryFolder } from '../pictures.js';

describe('nyuv2: a file that means harm', () => {
  const folder = temporaryFolder();

  it('is not read where its arrays lie in other files', async () => {
    const { File } = await hdf5();
    const other = new File(join(folder.path, 'other.mat'), 'w');
    other.create_dataset({ name: 'images', data: new Uint8Array(12), shape: [1, 3, 2, 2], dtype: '<B' });
    other.close();
    const path = join(folder.path, 'links.mat');
    const file = new File(path, 'w');
    file.create_external_link('other.mat', '/images', 'images');
    file.create_external_link('other.mat', '/', 'outside');
    file.create_soft_link('/outside/images', 'labels');
    file.close();
    for (const name of ['images', 'labels'] as const) {
      const { code, message } = await failure(MatFile.open(path, [name]));
      expect(code).to.equal('DATA_INVALID');
      expect(message).to.match(/expected an array "(images|labels)" .*, found none of that name/);
    }
    expect((await MatFile.open(join(folder.path, 'other.mat'), ['images'])).length).to.equal(1);
  });

  it('is not read where a piece of it would take too much memory', async () => {
    const { File } = await hdf5();
    const path = join(folder.path, 'pieces.mat');
    const file = new File(path, 'w');
    file.create_dataset({
      name: 'images',
      data: new Uint8Array(12),
      shape: [1, 3, 2, 2],
      maxshape: [null, 3, null, null],
      chunks: [1, 3, 8192, 8192],
      dtype: '<B',
    });
    file.close();
    const { message } = await failure(MatFile.open(path, ['images']));
    expect(message).to.match(/in pieces of at most 67108864 bytes, found pieces of 201326592 bytes/);
  });

  it('is neither a pipe nor a device nor a folder', async function () {
    if (process.platform === 'win32') this.skip();
    const pipe = join(folder.path, 'pipe.mat');
    execFileSync('mkfifo', [pipe]);
    for (const [file, kind] of [
      [pipe, 'named pipe'],
      ['/dev/zero', 'device'],
      [folder.path, 'folder'],
    ] as const) {
      // prettier-ignore
      const { code, message } = await failure(MatFile.open(file, ['images']));
      expect(code).to.equal('DATA_INVALID');
      expect(message).to.contain(`found a ${kind}, not a regular file`);
    }
  });
});
