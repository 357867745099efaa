/** Training steps per engine: images/s, the share of each phase, and PyTorch's time for the same step in the same run. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import {
  batches,
  checkEngines,
  loadConfig,
  openSession,
  openSplit,
  Random,
  Registry,
  Stepper,
  type LoadedConfig,
} from '../../core/index.js';
import { builtin } from '../../plugins/index.js';
import { repositoryRoot } from '../repository.js';
import { median } from './median.js';

interface Case {
  readonly name: string;
  readonly backbone: number;
  readonly width: number;
  readonly decoder: number;
  readonly transfer: number;
  readonly size: readonly [height: number, width: number];
  readonly batch: number;
  /** Measured steps in a round, after one that warms up. */
  readonly steps: number;
  readonly rounds: number;
}

const cases: readonly Case[] = [
  {
    name: 'quickstart, batch 8',
    backbone: 18,
    width: 16,
    decoder: 24,
    transfer: 8,
    size: [64, 96],
    batch: 8,
    steps: 8,
    rounds: 3,
  },
  {
    name: 'ResNet34 128×256',
    backbone: 34,
    width: 64,
    decoder: 128,
    transfer: 64,
    size: [128, 256],
    batch: 2,
    steps: 2,
    rounds: 2,
  },
];

type Phase = 'data' | 'forward' | 'backward' | 'update';
type Times = Record<Phase, number>;

const phases: readonly Phase[] = ['data', 'forward', 'backward', 'update'];

export async function run(): Promise<void> {
  const usable = (await checkEngines(new Registry([builtin]))).filter((engine) => engine.usable);
  const table = new Table({
    head: ['model', 'engine', 'ms/step', 'spread', 'images/s', ...phases, 'PyTorch ms/step', 'ratio'],
    style: { head: [], border: [], compact: true },
  });
  for (const one of cases) {
    for (const { name: engine } of usable) table.push(await row(one, engine));
  }
  console.log(`Training steps, XTasC-Net, 7 classes, ${availableParallelism()} cores\n${table.toString()}`);
}

/** Rounds of ours and PyTorch's in turn, so that both meet the same machine. */
async function row(one: Case, engine: string): Promise<string[]> {
  const loaded = await loadConfig({
    plugins: [builtin],
    preset: 'xtasc-net',
    overrides: overridesOf(one, engine),
  });
  const ours: Times[] = [];
  const peers: number[] = [];
  for (let round = 0; round < one.rounds; round++) {
    ours.push(...(await steps(loaded, one.steps)));
    const peer = pytorch(one);
    if (peer !== undefined) peers.push(peer);
  }
  const totals = ours.map((times) => phases.reduce((sum, phase) => sum + times[phase], 0));
  const [total, peer] = [median(totals), peers.length > 0 ? median(peers) : undefined];
  const share = (phase: Phase): string =>
    `${((100 * median(ours.map((times) => times[phase]))) / total).toFixed(0)} %`;
  return [
    one.name,
    engine,
    total.toFixed(0),
    `${Math.min(...totals).toFixed(0)}–${Math.max(...totals).toFixed(0)}`,
    ((1000 * one.batch) / total).toFixed(1),
    ...phases.map(share),
    peer?.toFixed(0) ?? 'not installed',
    peer === undefined ? '–' : (total / peer).toFixed(1),
  ];
}

async function steps(loaded: LoadedConfig, count: number): Promise<Times[]> {
  const session = await openSession(loaded, { initialize: true });
  const { config, registry, deps, tasks, model, consistency, dataset } = session;
  const weighter = registry.create('weighter', config.weighter, deps);
  weighter.setup({
    tasks: tasks.map(({ name }) => name),
    kinds: tasks.map(({ kind }) => kind),
    random: new Random(0),
  });
  const optimizer = registry.create('optimizer', config.train.optimizer, deps);
  const stepper = new Stepper({ model, consistency, weighter, optimizer, clipNorm: null });
  const loading = batches({
    split: await openSplit(session, 'train'),
    tasks,
    labels: dataset.labels,
    batchSize: config.train.batchSize,
    seed: 0,
    epoch: 0,
    shuffle: true,
    augment: config.train.augment === false ? undefined : config.train.augment,
    prefetch: 1,
  });
  const measured: Times[] = [];
  let started = performance.now();
  for await (const batch of loading) {
    const data = performance.now() - started;
    const { times } = await stepper.step(batch, 1e-4);
    measured.push({ data, ...times });
    started = performance.now();
  }
  optimizer.dispose();
  weighter.dispose();
  session.dispose();
  // The first one compiles, and makes the optimizer's state.
  return measured.slice(1, count + 1);
}

function overridesOf(
  { backbone, width, decoder, transfer, size, batch, steps: count }: Case,
  engine: string,
): string[] {
  const dataset = {
    name: 'scenes',
    size,
    train: batch * (count + 1),
    labels: ['segmentation', 'depth'],
    depth: 'inverse',
  };
  return [
    `engine=${engine}`,
    `dataset=${JSON.stringify(dataset)}`,
    `backbone=${JSON.stringify({ name: `resnet${backbone}`, width })}`,
    `architecture.decoderChannels=${decoder}`,
    `consistency.transferNet.channels=${transfer}`,
    `train.batchSize=${batch}`,
  ];
}

/** PyTorch's median ms per step; undefined where Debian's python3-torch is not installed. */
function pytorch({
  backbone,
  width,
  decoder,
  transfer,
  size,
  batch,
  steps: count,
}: Case): number | undefined {
  const script = join(repositoryRoot(), 'test', 'bench', 'steps.py');
  const options = {
    depth: backbone,
    width,
    decoder,
    transfer,
    height: size[0],
    columns: size[1],
    batch,
    steps: count,
  };
  const flags = Object.entries({ ...options, threads: availableParallelism() }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const { status, stdout } = spawnSync('/usr/bin/python3', ['-B', script, ...flags], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}
