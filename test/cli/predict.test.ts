import { join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import type { PredictReport } from '../../core/index.js';
import { expectOneError, filesIn, mtlHere, workFolder, writeConfig, write } from './mtl.js';

async function picture(): Promise<Buffer> {
  const background = { r: 90, g: 120, b: 30 };
  return sharp({ create: { width: 50, height: 40, channels: 3, background } })
    .png()
    .toBuffer();
}

describe('mtl predict', () => {
  const folder = workFolder();
  const predict = (...args: string[]) => mtlHere(['predict', 'run', ...args], folder.path);

  before(async () => {
    writeConfig(folder.path);
    for (const name of ['a.png', 'b.png']) write(folder.path, join('photos', name), await picture());
    write(folder.path, join('photos', 'torn.png'), (await picture()).subarray(0, 60));
    const { code, stderr } = await mtlHere(
      ['train', '--run', 'run', '--set', 'train.epochs=1', '--json'],
      folder.path,
    );
    expect(code, stderr).to.equal(0);
  });

  it('writes what is asked for, and tells how much', async () => {
    const { code, stdout, stderr } = await predict(
      ...['--images', 'photos/a.png', 'photos/b.png', '--out', 'out', '--write', 'raw,mosaic', '--transfer'],
    );
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(/^Predicted 2 pictures, \d+\.\d a second: .*out\n$/);
    const parts = ['consistency-energy', 'depth', 'depth-to-segmentation', 'segmentation'];
    parts.push('segmentation-to-depth');
    expect(filesIn(join(folder.path, 'out'))).to.have.members([
      'mosaic/a.png',
      'mosaic/b.png',
      'predictions.json',
      ...parts.flatMap((part) => [`raw/${part}/a.png`, `raw/${part}/b.png`]),
    ]);
  });

  it('replaces files only where it is told to', async () => {
    const args = ['--image', 'photos/a.png', '--out', 'out', '--write', 'raw'];
    const { code, stderr } = await predict(...args);
    expect(code).to.equal(1);
    expectOneError(stderr, folder.path, /found 3 of them in FOLDER\/out.*--force/);
    expect((await predict(...args, '--force')).code).to.equal(0);
  });

  it('leaves unreadable pictures out where it is told to, and says which', async () => {
    const args = ['--images', 'photos', '--out', 'all', '--write', 'raw', '--tile'];
    const torn = await predict(...args);
    expect(torn.code).to.equal(1);
    expectOneError(torn.stderr, folder.path, /FOLDER\/photos\/torn\.png: expected a readable picture/);
    const { code, stdout } = await predict(...args, '--skip-bad', '--force', '--json');
    expect(code).to.equal(0);
    const report = JSON.parse(stdout) as PredictReport;
    expect(report.images).to.equal(2);
    expect(report.skipped.map(({ file }) => file)).to.deep.equal([join(folder.path, 'photos', 'torn.png')]);
  });

  it('has one message for what is missing', async () => {
    const { code, stderr } = await predict('--images', 'nothing/*.png', '--out', 'none');
    expect(code).to.equal(1);
    expectOneError(stderr, folder.path, /the images: expected pictures.*found none at nothing\/\*\.png/);
  });
});
