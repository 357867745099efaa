import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { exportData, loadConfig } from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import type { Loaded } from './loading-process.js';
import { tiny } from './tiny.js';

const frames = 20_000;
const drawn = 20;

describe('loading a large data set', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'frames-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it(`takes less than 600 MB for ${frames} frames`, async function () {
    this.timeout(300_000);
    const [files, all] = [join(folder, 'drawn'), join(folder, 'all')];
    const scenes = await loadConfig({
      plugins: [builtin],
      config: tiny,
      overrides: ['dataset.size=[64,96]', `dataset.train=${drawn}`],
    });
    const dataset = await exportData(scenes, { format: 'folders', splits: ['train'], folder: files });
    // Every drawn frame under a thousand names: what is kept in memory is kept by name.
    const kinds = ['rgb', 'labels', 'depth'].map((kind) => ({
      from: join(files, kind, 'train'),
      to: join(all, kind),
    }));
    for (const { from, to } of kinds) {
      mkdirSync(to, { recursive: true });
      const names = readdirSync(from).map((name) => join(from, name));
      for (let frame = 0; frame < frames; frame++) {
        linkSync(names[frame % drawn]!, join(to, `${String(frame).padStart(6, '0')}.png`));
      }
    }
    const { labels, depth } = dataset as { labels: { classes: unknown }; depth: object };
    const config = {
      ...tiny,
      dataset: {
        name: 'folders',
        root: all,
        size: [64, 96],
        rgb: 'rgb/*.png',
        labels: { ...labels, files: 'labels/*.png' },
        depth: { ...depth, files: 'depth/*.png' },
        split: { train: '*' },
      },
      loader: { workers: 2 },
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const script = fileURLToPath(new URL('./loading-process.js', import.meta.url));
    const printed = execFileSync(process.execPath, [script, join(folder, 'config.json')], {
      encoding: 'utf8',
    });
    const { images, peak } = JSON.parse(printed) as Loaded;
    expect(images).to.equal(frames);
    expect(peak).to.be.below(600);
  });
});
