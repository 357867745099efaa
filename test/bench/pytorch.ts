/**
 * The fastest engine against PyTorch, on the same threads, in alternating rounds: whole training steps of XTasC-Net with
 * ResNet-34, the direct predictions alone, and the memory of both.
 */
import { availableParallelism } from 'node:os';
import Table from 'cli-table3';
import { median, spread } from './median.js';
import { ownTimes } from './own-steps.js';
import { pytorch, resnet34, type PeerFlag, type Setup } from './training.js';

const rounds = 4;
const steps = 4;
/** A single prediction is short: more of them make a steadier figure. */
const predictions = 12;

const engines: Readonly<Record<string, string>> = {
  'crosstask, torch': 'torch',
  'crosstask, torch, bf16': '{"name":"torch","precision":"bf16"}',
};

/** PyTorch's ways of computing the same. */
const ways: Readonly<Record<string, readonly PeerFlag[]>> = {
  'PyTorch, NCHW': [],
  'PyTorch, channels_last': ['channels-last'],
  'PyTorch, channels_last, bf16 autocast': ['channels-last', 'bf16'],
};

interface Row {
  readonly times: number[];
  /** MiB */
  peak: number;
}

export async function run(): Promise<void> {
  console.log(`XTasC-Net, ${resnet34.name}, 7 classes, ${availableParallelism()} threads\n`);
  for (const inference of [false, true]) await compare(inference);
}

async function compare(inference: boolean): Promise<void> {
  const setup: Setup = inference ? { ...resnet34, batch: 1 } : resnet34;
  const rows = new Map<string, Row>(
    [...Object.keys(engines), ...Object.keys(ways)].map((name) => [name, { times: [], peak: 0 }]),
  );
  const count = inference ? predictions : steps;
  for (let round = 0; round < rounds; round++) {
    for (const [name, engine] of Object.entries(engines)) {
      const own = await ownTimes({ setup, engine, count, inference });
      add(rows.get(name)!, own.times, own.peak);
    }
    for (const [name, flags] of Object.entries(ways)) {
      const peer = await pytorch(setup, count, { flags: inference ? [...flags, 'inference'] : flags });
      if (peer) add(rows.get(name)!, peer.times, peer.peak);
    }
  }
  console.log(inference ? 'Direct predictions, batch 1' : 'Training steps with Adam, batch 2');
  console.log(`${tableOf(rows, setup.batch)}\n`);
}

function add(row: Row, times: readonly number[], peak: number): void {
  row.times.push(...times);
  row.peak = Math.max(row.peak, peak);
}

function tableOf(rows: ReadonlyMap<string, Row>, batch: number): string {
  const table = new Table({
    head: ['', 'ms', 'spread', 'images/s', 'ours is faster by', 'peak MiB'],
    style: { head: [], border: [], compact: true },
  });
  const first = median([...rows.values()][0]!.times);
  for (const [name, { times, peak }] of rows) {
    if (times.length === 0) {
      table.push([name, 'not installed', '', '', '', '']);
      continue;
    }
    const middle = median(times);
    const images = ((1000 * batch) / middle).toFixed(2);
    table.push([
      name,
      middle.toFixed(0),
      spread(times),
      images,
      (middle / first).toFixed(2),
      peak.toFixed(0),
    ]);
  }
  return table.toString();
}
