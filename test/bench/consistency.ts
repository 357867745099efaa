/**
 * What the consistency between tasks costs: a training step without it, with transfer nets at each resolution, and with round
 * trips, in turn within one process, so that all meet the same machine.
 */
import Table from 'cli-table3';
import type { HostBatch } from '../../core/index.js';
import { median, spread } from './median.js';
import { loadTraining, openTraining, resnet34, type Setup, type Training } from './training.js';

interface Case extends Setup {
  /** After one that warms up. */
  readonly rounds: number;
}

const cases: readonly Case[] = [
  {
    name: 'quickstart, batch 4',
    backbone: 18,
    width: 16,
    decoder: 24,
    transfer: 8,
    size: [64, 96],
    batch: 4,
    rounds: 12,
  },
  {
    ...resnet34,
    name: 'ResNet18 64×128, published widths, batch 2',
    backbone: 18,
    size: [64, 128],
    rounds: 6,
  },
];

const variants: Readonly<Record<string, readonly string[]>> = {
  none: ['consistency=null'],
  'resolution 1': [],
  'resolution 1, round trips': ['consistency.cycles=1'],
  'resolution 0.5': ['consistency.resolution=0.5'],
  'resolution 0.5, round trips': ['consistency.resolution=0.5', 'consistency.cycles=1'],
  'resolution 0.25': ['consistency.resolution=0.25'],
};

const engine = '{"name":"torch","threads":1}';

interface Measured {
  /** ms */
  readonly wall: number[];
  /** ms of processor time, all threads. */
  readonly processor: number[];
}

export async function run(): Promise<void> {
  const head = ['model', 'consistency', 'ms/step', 'spread', 'processor ms', 'spread', 'of resolution 1'];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const one of cases) table.push(...(await rows(one)));
  console.log(`Training steps of XTasC-Net on torch, 1 thread, in turn\n${table.toString()}`);
}

async function rows(one: Case): Promise<string[][]> {
  const names = Object.keys(variants);
  const trainings: Training[] = [];
  for (const name of names) {
    const loaded = await loadTraining(one, engine, ['loader.workers=0', ...variants[name]!]);
    trainings.push(await openTraining(loaded));
  }
  const batches: HostBatch[] = [];
  for await (const batch of trainings[0]!.batches(2)) batches.push(batch);
  const measured = names.map((): Measured => ({ wall: [], processor: [] }));
  for (let round = 0; round <= one.rounds; round++) {
    for (const [index, { stepper }] of trainings.entries()) {
      const [started, used] = [performance.now(), process.cpuUsage()];
      await stepper.step(batches[round % batches.length]!, 1e-4);
      const { user, system } = process.cpuUsage(used);
      // The first one makes the optimizer's state.
      if (round === 0) continue;
      measured[index]!.wall.push(performance.now() - started);
      measured[index]!.processor.push((user + system) / 1000);
    }
  }
  for (const training of trainings) training.dispose();
  const whole = median(measured[names.indexOf('resolution 1')]!.processor);
  return names.map((name, index) => {
    const { wall, processor } = measured[index]!;
    const share = median(processor) / whole;
    return [one.name, name, ...shown(wall), ...shown(processor), share.toFixed(2)];
  });
}

/** The median, and from the least to the most. */
function shown(times: readonly number[]): [string, string] {
  return [median(times).toFixed(0), spread(times)];
}
