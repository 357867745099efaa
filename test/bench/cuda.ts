/**
 * The engine `torch` on a CUDA card against PyTorch there, in alternating rounds: whole training steps of XTasC-Net with
 * ResNet-34 on small images, where launching kernels takes the time, and on larger ones.
 */
import Table from 'cli-table3';
import { createPart } from '../../core/index.js';
import { torch } from '../../plugins/engines/index.js';
import { median, spread } from './median.js';
import { ownTimes } from './own-steps.js';
import { pytorch, resnet34, type PeerFlag, type PeerTimes, type Setup } from './training.js';

const steps = 12;

interface Case extends Setup {
  readonly rounds: number;
}

const cases: readonly Case[] = [
  { ...resnet34, batch: 8, rounds: 2 },
  { ...resnet34, name: 'ResNet34 256×512', size: [256, 512], batch: 8, rounds: 1 },
];

/** In pairs that compute in the same precision. */
const precisions: Readonly<Record<string, readonly PeerFlag[]>> = {
  float32: [],
  tf32: ['tf32'],
  bf16: ['bf16', 'tf32'],
};

export async function run(): Promise<void> {
  const { usable, ...rest } = await createPart(torch, { device: 'cuda' }).check();
  if (!usable) {
    console.log(`CUDA is left out: ${JSON.stringify(rest)}`);
    return;
  }
  for (const one of cases) await compare(one);
}

async function compare({ rounds, ...setup }: Case): Promise<void> {
  const table = new Table({
    head: ['precision', 'crosstask ms', 'spread', 'images/s', 'PyTorch ms', 'spread', 'images/s', 'ratio'],
    style: { head: [], border: [], compact: true },
  });
  for (const [precision, flags] of Object.entries(precisions)) {
    const own: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round < rounds; round++) {
      own.push(...(await ownSteps(setup, precision)).times);
      const asked: readonly PeerFlag[] = ['cuda', 'channels-last', ...flags];
      peer.push(...((await pytorch(setup, steps, { flags: asked }))?.times ?? []));
    }
    table.push([precision, ...columns(setup, own), ...columns(setup, peer), ratio(peer, own)]);
  }
  console.log(
    `Training steps on CUDA, XTasC-Net, ${setup.name}, batch ${setup.batch}, 7 classes, Adam\n${table.toString()}\n`,
  );
}

function ownSteps(setup: Setup, precision: string): Promise<PeerTimes> {
  const engine = JSON.stringify({ name: 'torch', device: 'cuda', precision });
  return ownTimes({ setup, engine, count: steps, inference: false });
}

function columns({ batch }: Setup, times: readonly number[]): string[] {
  if (times.length === 0) return ['not installed', '', ''];
  const middle = median(times);
  return [middle.toFixed(1), spread(times), ((1000 * batch) / middle).toFixed(1)];
}

function ratio(peer: readonly number[], own: readonly number[]): string {
  return peer.length === 0 ? '' : (median(peer) / median(own)).toFixed(2);
}
