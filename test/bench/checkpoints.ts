/**
 * What checkpoints cost a training of the published XTasC-Net, all its parameters with both of Adam's moments, on
 * pictures so small that a step is as short as it gets, and the share of the checkpoints as large.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { loadConfig, train, type TrainingEvent } from '../../core/index.js';
import { builtin } from '../../plugins/index.js';
import { median } from './median.js';

/** Far enough apart that one is in place before the next is taken down: then each costs what it costs at any distance. */
const every = 25;
const checkpoints = 4;
/** The distance that the share is told for. */
const usual = 100;
const batch = 2;
const engines = ['torch', 'wasm'];

export async function run(): Promise<void> {
  const table = new Table({
    head: [
      'engine',
      'step, ms',
      'checkpoint, MiB',
      'in place after, s',
      'costs, ms',
      `share at every ${usual}`,
    ],
    style: { head: [], border: [] },
  });
  for (const engine of engines) {
    const folder = mkdtempSync(join(tmpdir(), 'bench-checkpoints-'));
    try {
      const row = [engine, ...(await measure(engine, folder))];
      table.push(row);
      console.log(row.join('  '));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  console.log(table.toString());
}

async function measure(engine: string, folder: string): Promise<string[]> {
  const dataset = {
    name: 'scenes',
    size: [32, 64],
    train: batch * (every * (checkpoints + 1) - 1),
    val: 2,
    labels: ['segmentation', 'depth'],
  };
  const overrides = [
    `engine=${engine}`,
    `dataset=${JSON.stringify(dataset)}`,
    'backbone=resnet34',
    `train.batchSize=${batch}`,
    'train.epochs=1',
    `train.checkpointEvery=${every}`,
  ];
  const loaded = await loadConfig({ plugins: [builtin], preset: 'xtasc-net', overrides });
  const pace = new Pace();
  await train(loaded, { folder: join(folder, 'run'), onEvent: (event) => pace.event(event) });
  const step = median(pace.free);
  const size = statSync(join(folder, 'run', 'checkpoints', 'last.safetensors')).size / 2 ** 20;
  const cost = median(pace.busy.map(({ times }) => times.reduce((sum, time) => sum + time - step, 0)));
  const took = median(pace.busy.map(({ took: whole }) => whole)) / 1000;
  const share = `${((100 * cost) / (usual * step)).toFixed(1)} %`;
  return [step.toFixed(0), size.toFixed(0), took.toFixed(1), cost.toFixed(0), share];
}

/** How long steps take, ms: apart those under which a checkpoint is taken down and written, by checkpoint. */
class Pace {
  readonly free: number[] = [];
  readonly busy: { readonly times: number[]; readonly took: number }[] = [];
  private times: number[] | undefined;
  private took: number | undefined;
  private since = 0;
  private last = 0;

  event(event: TrainingEvent): void {
    const now = performance.now();
    if (event.type === 'checkpoint' && event.step % every === 0) this.took = now - this.since;
    if (event.type !== 'step') return;
    // The first steps start threads and lay filters out.
    if (event.step > every / 2) (this.times ?? this.free).push(now - this.last);
    if (this.times && this.took !== undefined) {
      // The step within which it came into place was the last one that it slowed.
      this.busy.push({ times: this.times, took: this.took });
      this.times = this.took = undefined;
    }
    if (event.step % every === 0) [this.times, this.since] = [[], now];
    this.last = now;
  }
}
