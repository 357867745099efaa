import { join } from 'node:path';
import { expect } from 'chai';
import type { MtlError } from '../../../../core/index.js';
import { png16, png8 } from '../pictures.js';
import { everything, failure, pictureFolder } from './fixture.js';

describe('folders: broken files', () => {
  const folder = pictureFolder();
  async function broken(
    kind: 'rgb' | 'labels' | 'depth' | 'normals',
    bytes: Buffer,
    options = {},
  ): Promise<MtlError> {
    const root = join('broken', `${Math.random()}`);
    for (const other of ['rgb', 'labels', 'depth', 'normals']) {
      const good = await readPicture(other);
      await folder.write(join(root, 'set', other, 'a.png'), other === kind ? bytes : good);
    }
    return failure(folder.make({ ...everything, ...options, root }).split('train'));
  }
  async function readPicture(kind: string): Promise<Buffer> {
    if (kind === 'depth') return png16(3, 1, [0, 1, 2, 3, 4, 5]);
    return kind === 'labels' ? png8(3, 1, [0, 1, 0, 1, 0, 1]) : png8(3, 3, Array<number>(18).fill(9));
  }

  it('tells of sizes that differ when the split is opened, naming both files', async () => {
    for (const kind of ['labels', 'depth', 'normals'] as const) {
      const bytes =
        kind === 'depth'
          ? await png16(2, 1, [1, 1, 1, 1])
          : await png8(2, kind === 'labels' ? 1 : 3, [1, 1, 1, 1, 1, 1]);
      const { code, message } = await broken(kind, bytes);
      expect(code).to.equal('SAMPLE_INVALID');
      expect(message).to.match(
        new RegExp(
          `${kind}/a\\.png: expected the size of its image .*/rgb/a\\.png, 2×3 \\(height × width\\), found [123]×2;`,
        ),
      );
    }
  });

  it('names the file and the value that stands for no class', async () => {
    const { code, message } = await broken('labels', await png8(3, 1, [0, 1, 255, 7, 0, 1]));
    expect(code).to.equal('SAMPLE_INVALID');
    expect(message).to.match(
      /labels\/a\.png: expected only class values 0–1, 255, found 7; map it .*labels\.map/,
    );
  });

  it('names the file of a wrong depth in bits or channels', async () => {
    const shallow = await broken('depth', await png8(3, 1, [0, 1, 2, 3, 4, 5]));
    expect(shallow.message).to.match(
      /depth\/a\.png: expected a depth picture of 16 bits, found 8 bits; export/,
    );
    const colored = await broken('labels', await png8(3, 3, Array<number>(18).fill(1)));
    expect(colored.message).to.match(/labels\/a\.png: expected a picture with one channel, found 3 channels/);
  });

  it('takes class ids from one channel of a colour picture', async () => {
    const pixels = [0, 1, 1, 0, 0, 1].flatMap((id) => [200, id, 100]);
    await folder.write('colored/a.png', await png8(3, 3, pixels));
    const colored = { files: 'colored/*.png', classes: 2, channel: 1 };
    const split = await folder
      .make({ rgb: 'colored/*.png', labels: colored, split: { train: '*' } })
      .split('train');
    const sample = await split.sample(0);
    expect([...sample.labels.segmentation!.data]).to.deep.equal([0, 1, 1, 0, 0, 1]);
  });

  it('names a torn file when its sample is read', async () => {
    const noise = Array.from({ length: 3000 }, (_, at) => (at * 7919) % 251);
    const whole = await png8(50, 3, noise);
    await folder.write('torn/a.png', whole);
    await folder.write('torn/b.png', whole.subarray(0, whole.length / 2));
    const split = await folder.make({ rgb: 'torn/*.png', split: { train: '*' } }).split('train');
    const { code, message } = await failure(split.sample(1));
    expect(code).to.equal('SAMPLE_INVALID');
    expect(message).to.match(/torn\/b\.png: expected a readable picture/);
  });
});
