import { statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodeMat5 } from '../../../../plugins/datasets/common/mat5.js';
import { MatWriter } from '../../../../plugins/datasets/nyuv2/mat-writer.js';
import { makeDataset } from '../make.js';
import { temporaryFolder } from '../pictures.js';

const size = { height: 480, width: 640 };
const count = 1449;

describe('nyuv2: memory', () => {
  const folder = temporaryFolder();

  it('reads sample by sample: all of 3.6 GB of arrays in a few dozen MB', async () => {
    const root = join(folder.path, 'large');
    await mkdir(root);
    const path = join(root, 'nyu_depth_v2_labeled.mat');
    const writer = await MatWriter.create(path, count, size);
    const labels = { ...size, channels: 1, data: new Int32Array(480 * 640).fill(21) };
    // What is not written takes no place in the file, but as much as the rest where it is read.
    const written = [0, 700, count - 1];
    for (const index of written) writer.label(index, labels);
    writer.finish();
    await writeFile(
      join(root, 'splits.mat'),
      encodeMat5({ trainNdxs: written.map((index) => index + 1), testNdxs: [] }),
    );
    expect(statSync(path).size).to.be.below(2 * 2 ** 20);

    const split = await makeDataset({ name: 'nyuv2', root }).split('train');
    const before = process.memoryUsage.rss();
    let most = 0;
    for (let round = 0; round < 10; round++) {
      for (let index = 0; index < split.length; index++) {
        const { segmentation } = (await split.sample(index)).labels;
        expect(segmentation!.data.every((id) => id === 11)).to.equal(true);
        most = Math.max(most, process.memoryUsage.rss() - before);
      }
    }
    expect(most / 2 ** 20).to.be.below(120);
  });
});
