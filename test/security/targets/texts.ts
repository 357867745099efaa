import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, RunFolder, type StoredConfig } from '../../../core/index.js';
import { readCamera } from '../../../plugins/datasets/cityscapes/depth.js';
import { fakePlugin } from '../../core/fakes.js';
import { textMutation } from '../mutations.js';
import type { TargetMaker } from './target.js';

const yaml = `dataset: { name: scenes }
tasks:
  segmentation: &task { loss: l1 }
  depth: { <<: *task, unit: m }
train:
  epochs: 3
  batchSize: 4 # comment
  seed: 7
weighter: equal
`;
const config = { dataset: { name: 'scenes' }, tasks: { depth: {} }, train: { epochs: 3, batchSize: 4 } };

function checkPrototypes(): void {
  const clean: Record<string, unknown> = {};
  if ('polluted' in clean) throw new Error('a prototype was polluted');
}

export const configText: TargetMaker = () => ({
  files: new Map([
    ['config.yaml', Buffer.from(yaml)],
    ['config.json', Buffer.from(JSON.stringify(config, undefined, 2))],
    ['.mtlrc', Buffer.from(yaml)],
  ]),
  mutation: textMutation,
  runs: 2000,
  most: 64,
  async read(file) {
    try {
      await loadConfig({ plugins: [fakePlugin], file });
    } finally {
      checkPrototypes();
    }
  },
});

/** What a run folder keeps as text. */
export const runFolder: TargetMaker = (folder) => {
  const path = join(folder, 'run');
  mkdirSync(path);
  const events = [
    { type: 'start', resumedAt: 0 },
    { type: 'step', step: 1, epoch: 0, loss: 1.5 },
    { type: 'epoch', epoch: 0 },
    { type: 'checkpoint', step: 1 },
  ];
  return {
    files: new Map([
      ['config.json', Buffer.from(JSON.stringify({ file: null, baseFolder: path, config }))],
      ['events.jsonl', Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''))],
    ]),
    mutation: textMutation,
    runs: 1000,
    most: 64,
    async read(changed) {
      const run = new RunFolder(path);
      if (changed.endsWith('events.jsonl')) {
        copyFileSync(changed, join(path, 'events.jsonl'));
        run.rewind({ epoch: 1, step: 1 });
        return;
      }
      copyFileSync(changed, join(path, 'config.json'));
      const stored: StoredConfig | null = run.readConfig();
      if (stored)
        await loadConfig({ plugins: [fakePlugin], config: stored.config ?? {}, folder: stored.baseFolder });
      checkPrototypes();
    },
  };
};

export const camera: TargetMaker = () => ({
  files: new Map([
    ['camera.json', Buffer.from(JSON.stringify({ extrinsic: { baseline: 0.2 }, intrinsic: { fx: 2262 } }))],
  ]),
  mutation: textMutation,
  runs: 1000,
  most: 32,
  async read(file) {
    await readCamera(file);
  },
});
