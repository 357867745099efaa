/**
 * From 1024×2048 PNG files, laid out as Cityscapes', to batches of 128×256: against a PyTorch DataLoader with PIL on the
 * same files in alternating rounds, from the disk cache, and how long a training step waits for its batch.
 */
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Table from 'cli-table3';
import {
  DataLoading,
  exportData,
  loadConfig,
  openData,
  train,
  type LoadedConfig,
  type TrainingEvent,
} from '../../core/index.js';
import { builtin } from '../../plugins/index.js';
import { repositoryRoot } from '../repository.js';
import { median, spread } from './median.js';
import { python } from './training.js';

const size = [128, 256] as const;
const batch = 8;
const drawn = 16;
/** Every picture under several names: only their number decides how long a pass is. */
const copies = 4;
const rounds = 4;
const measuredEpochs = 4;

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-data-'));
  try {
    const [few, many] = [join(folder, 'few'), join(folder, 'many')];
    await drawFiles(few, many);
    console.log(
      `${drawn * copies} triples of 1024×2048 PNG files, to batches of ${batch} at ${size.join('×')}\n`,
    );
    await throughput(many, folder);
    console.log(`Training on ${drawn} of them\n`);
    await waiting(few, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param many every file of `few` under several names */
async function drawFiles(few: string, many: string): Promise<void> {
  const overrides = [
    'dataset.size=[1024,2048]',
    `dataset.train=${drawn}`,
    'dataset.val=4',
    'dataset.depth=inverse',
  ];
  const loaded = await loadConfig({ plugins: [builtin], preset: 'xtasc-net', overrides });
  await exportData(loaded, { format: 'cityscapes', splits: ['train', 'val'], folder: few });
  for (const name of readdirSync(few, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.png') || !name.includes('/train/')) continue;
    for (let copy = 0; copy < copies; copy++) {
      const other = join(many, name.replace('_000019_', `_${String(copy).padStart(6, '0')}_`));
      mkdirSync(dirname(other), { recursive: true });
      linkSync(join(few, name), other);
    }
  }
}

function load(root: string, ...overrides: string[]): Promise<LoadedConfig> {
  const dataset = { name: 'cityscapes', root, size };
  return loadConfig({
    plugins: [builtin],
    preset: 'xtasc-net',
    overrides: [`dataset=${JSON.stringify(dataset)}`, 'loader.memory=0', ...overrides],
  });
}

async function throughput(root: string, folder: string): Promise<void> {
  const cache = `loader.cache=${join(folder, 'cache')}`;
  const ways = {
    'crosstask, main thread': await load(root, 'loader.workers=0'),
    'crosstask, 1 thread': await load(root, 'loader.workers=1'),
    'crosstask, 2 threads': await load(root, 'loader.workers=2'),
    'crosstask, 2 threads, disk cache': await load(root, 'loader.workers=2', cache),
  };
  const peer = 'PyTorch DataLoader with PIL, 2 processes';
  const seconds = new Map<string, number[]>([peer, ...Object.keys(ways)].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    seconds.get(peer)!.push(...pytorch(root));
    for (const [name, loaded] of Object.entries(ways)) seconds.get(name)!.push(...(await passes(loaded)));
  }
  const bar = median(seconds.get(peer)!);
  const table = new Table({
    head: ['images/s', 'median', 'spread', '× PyTorch'],
    style: { head: [], border: [] },
  });
  for (const [name, values] of seconds) {
    if (values.length === 0) continue;
    const rates = values.map((value) => 1 / value);
    table.push([name, median(rates).toFixed(1), spread(rates, 1), (bar / median(values)).toFixed(2)]);
  }
  console.log(`${table.toString()}\n`);
}

/** Seconds per image of two passes, after one that starts the threads (and fills the cache). */
async function passes(loaded: LoadedConfig): Promise<number[]> {
  const loading = new DataLoading(loaded, openData(loaded));
  const loader = await loading.open('train');
  const times: number[] = [];
  for (let epoch = 0; epoch < 3; epoch++) {
    const start = performance.now();
    let count = 0;
    for await (const { size: images } of loader.batches({
      batchSize: batch,
      shuffle: { seed: 0, epoch },
      augment: {},
    })) {
      count += images;
    }
    times.push((performance.now() - start) / 1000 / count);
  }
  loading.dispose();
  return times.slice(1);
}

/** None where Debian's python3-torch or python3-pil is not installed. */
function pytorch(root: string): number[] {
  const script = join(repositoryRoot(), 'test', 'bench', 'data.py');
  const options = [root, ...size, batch, 2, 2].map(String);
  const { status, stdout } = spawnSync(python, ['-B', script, ...options], { encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout) as number[]) : [];
}

const networks = {
  'ResNet-34, batch 2': ['backbone=resnet34', 'train.batchSize=2'],
  'quickstart’s, batch 4': [
    'backbone={"name":"resnet18","width":16}',
    'architecture.decoderChannels=24',
    'consistency.transferNet.channels=8',
    'train.batchSize=4',
  ],
};

async function waiting(root: string, folder: string): Promise<void> {
  const table = new Table({
    head: ['XTasC-Net', 'engine', 'cache', 'step, ms', 'waiting for data'],
    style: { head: [], border: [] },
  });
  for (const engine of ['torch', 'wasm']) {
    for (const [name, network] of Object.entries(networks)) {
      // The bigger network's steps are so long that a cache changes nothing.
      for (const cache of name.startsWith('ResNet-34') ? ['no'] : ['no', 'disk']) {
        const loaded = await load(
          root,
          `engine=${engine}`,
          `train.epochs=${1 + measuredEpochs}`,
          // As many as `auto` starts on two cores for a data set of this size in earnest.
          'loader.workers=1',
          ...network,
          ...(cache === 'disk' ? [`loader.cache=${join(folder, 'cache')}`] : []),
        );
        const { milliseconds, share } = await laterEpochs(loaded, mkdtempSync(join(folder, 'run-')));
        table.push([name, engine, cache, milliseconds.toFixed(0), `${(100 * share).toFixed(1)} %`]);
      }
    }
  }
  console.log(table.toString());
}

/** All but the first, which starts threads and engine. */
async function laterEpochs(
  loaded: LoadedConfig,
  folder: string,
): Promise<{ milliseconds: number; share: number }> {
  const shares: number[] = [];
  const steps: number[] = [];
  let before: number | undefined;
  const onEvent = (event: TrainingEvent): void => {
    if (event.type === 'step' && event.epoch > 0) {
      const now = performance.now();
      if (before !== undefined) steps.push(now - before);
      before = now;
    }
    if (event.type !== 'epoch') return;
    // What lies between two epochs is no step.
    before = undefined;
    if (event.epoch > 0) shares.push(event.waiting);
  };
  await train(loaded, { folder, onEvent });
  return {
    milliseconds: median(steps),
    share: shares.reduce((sum, share) => sum + share, 0) / shares.length,
  };
}
