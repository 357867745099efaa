/**
 * A program: some training steps or predictions on an engine, in a process of its own, as PyTorch's are. Its arguments are
 * what `Request` says, as JSON; it prints `PeerTimes`.
 */
import { fileURLToPath } from 'node:url';
import { spawnSync } from 'node:child_process';
import * as tf from '@tensorflow/tfjs';
import type { HostBatch } from '../../core/index.js';
import { peakMemory } from '../peak-memory.js';
import { openTraining, type PeerTimes, type Setup, type Training } from './training.js';

export interface Request {
  readonly setup: Setup;
  /** As in a config. */
  readonly engine: string;
  readonly count: number;
  readonly inference: boolean;
}

const program = fileURLToPath(import.meta.url);

/** Runs this program. */
export function ownTimes(request: Request): PeerTimes {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, JSON.stringify(request)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${request.engine} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{'))) as PeerTimes;
}

async function predict({ session: { model } }: Training, batch: HostBatch): Promise<void> {
  const direct = tf.tidy(
    () =>
      model.forward(tf.tensor4d(batch.image, [...batch.shape]), { training: false, transfer: false }).direct,
  );
  await Promise.all(Object.values(direct).map((prediction) => prediction.data()));
  tf.dispose(direct);
}

async function timesOf({ setup, engine, count, inference }: Request): Promise<number[]> {
  const training = await openTraining(setup, engine);
  const times: number[] = [];
  for await (const batch of training.batches(count + 1)) {
    const started = performance.now();
    if (inference) await predict(training, batch);
    else await training.stepper.step(batch, 1e-4);
    times.push(performance.now() - started);
  }
  return times.slice(1);
}

if (process.argv[1] === program) {
  const times = await timesOf(JSON.parse(process.argv[2]!) as Request);
  console.log(`\n${JSON.stringify({ times, peak: peakMemory() })}`);
  process.exit();
}
