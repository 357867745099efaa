/** Training steps per engine: images/s, the share of each phase, and PyTorch's time for the same step in the same run. */
import { availableParallelism } from 'node:os';
import Table from 'cli-table3';
import { checkEngines, Registry } from '../../core/index.js';
import { builtin } from '../../plugins/index.js';
import { median, spread } from './median.js';
import { loadTraining, openTraining, pytorch, resnet34, type Setup } from './training.js';

interface Case extends Setup {
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
  { ...resnet34, steps: 2, rounds: 2 },
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
  const ours: Times[] = [];
  const peers: number[] = [];
  for (let round = 0; round < one.rounds; round++) {
    ours.push(...(await steps(one, engine)));
    peers.push(...((await pytorch(one, one.steps))?.times ?? []));
  }
  const totals = ours.map((times) => phases.reduce((sum, phase) => sum + times[phase], 0));
  const [total, peer] = [median(totals), peers.length > 0 ? median(peers) : undefined];
  const share = (phase: Phase): string =>
    `${((100 * median(ours.map((times) => times[phase]))) / total).toFixed(0)} %`;
  return [
    one.name,
    engine,
    total.toFixed(0),
    spread(totals),
    ((1000 * one.batch) / total).toFixed(1),
    ...phases.map(share),
    peer?.toFixed(0) ?? 'not installed',
    peer === undefined ? '–' : (total / peer).toFixed(1),
  ];
}

async function steps(one: Case, engine: string): Promise<Times[]> {
  const training = await openTraining(await loadTraining(one, engine));
  const measured: Times[] = [];
  let started = performance.now();
  for await (const batch of training.batches(one.steps + 1)) {
    const data = performance.now() - started;
    const { times } = await training.stepper.step(batch, 1e-4);
    measured.push({ data, ...times });
    started = performance.now();
  }
  training.dispose();
  // The first one compiles, and makes the optimizer's state.
  return measured.slice(1);
}
