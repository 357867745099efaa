import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { RunContainer, tokens, type Dataset, type SplitName } from '../../../../core/index.js';
import { folders } from '../../../../plugins/datasets/folders/index.js';
import { labelTask, loaderOf } from '../../../core/data/samples.js';

const root = resolve('..', 'shared', 'data', 'mosd');
const present = existsSync(resolve(root, 'rgb'));
const suite = present ? describe : describe.skip;

const options = {
  root,
  size: [240, 320],
  rgb: 'rgb/*.png',
  labels: { files: 'semantic/*.png', classes: ['table', 'box', 'cylinder', 'other'] },
  depth: { files: 'depth/*.png', scale: 0.001, max: 5 },
  split: { train: 'learn*', val: { from: 'train', fraction: 0.2, seed: 0 }, test: 'test*' },
};

function make(changes: Record<string, unknown> = {}): Dataset {
  const deps = new RunContainer().provide(tokens.baseFolder, '.');
  return folders.create(folders.options.parse({ ...options, ...changes }), deps);
}

suite(
  `folders: mOSD${present ? '' : ' (skipped: there is no ../shared/data/mosd beside the repository)'}`,
  () => {
    it('has 45 images to learn from, of which 9 for validation, and 62 to test', async () => {
      const dataset = make();
      const lengths = await Promise.all(
        (['train', 'val', 'test'] as const).map(async (name) => (await dataset.split(name)).length),
      );
      expect(lengths).to.deep.equal([36, 9, 62]);
    });

    it('pairs all of them, with values in their ranges and places', async () => {
      const dataset = make();
      const ids = new Set<string>();
      for (const name of ['train', 'val', 'test'] satisfies SplitName[]) {
        const split = await dataset.split(name);
        for (let index = 0; index < split.length; index++) {
          const { id, image, labels } = await split.sample(index);
          expect(id).to.match(name === 'test' ? /^test\d\d$/ : /^learn\d\d$/);
          ids.add(id);
          expect(image).to.include({ height: 240, width: 320, channels: 3 });
          const classes = labels.segmentation!.data;
          const depth = labels.depth!.data;
          const seen = new Set(classes);
          expect([...seen].every((value) => value <= 3 || value === 255)).to.equal(true);
          expect(seen.has(0), `${id} shows the table`).to.equal(true);
          const metres = depth.filter((value) => value > 0);
          expect(metres.length).to.be.above(depth.length / 2);
          expect([Math.min(...metres) > 0.4, Math.max(...metres) < 2]).to.deep.equal([true, true]);
          // Whatever was measured is labelled: so the two files of a sample belong together.
          expect(
            depth.every((value, at) => value === 0 || classes[at] !== 255),
            id,
          ).to.equal(true);
        }
      }
      expect(ids.size).to.equal(107);
    });

    it('loads as batches of another size', async () => {
      const dataset = make({ size: [60, 80] });
      const tasks = [labelTask('segmentation'), labelTask('depth')];
      const split = await dataset.split('val');
      const found: number[][] = [];
      const loader = await loaderOf(split, tasks, { labels: dataset.labels });
      for await (const batch of loader.batches({
        batchSize: 4,
        shuffle: { seed: 0, epoch: 0 },
        augment: {},
      })) {
        found.push([...batch.shape]);
        expect(batch.targets.depth!.shape).to.deep.equal([batch.size, 60, 80, 1]);
        expect(batch.image.every((value) => value > -2.2 && value < 2.7)).to.equal(true);
      }
      expect(found).to.deep.equal([
        [4, 60, 80, 3],
        [4, 60, 80, 3],
        [1, 60, 80, 3],
      ]);
    });
  },
);
