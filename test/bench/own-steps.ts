/**
 * A program: some training steps or predictions on an engine, in a process of its own, as PyTorch's are. Its arguments are
 * what `Request` says, as JSON; it prints `PeerTimes`.
 */
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import type { HostBatch, LoadedConfig } from '../../core/index.js';
import { asRank } from '../../core/run/ranks.js';
import type { Launch } from '../../core/world/launch.js';
import { peakMemory } from '../peak-memory.js';
import { printedBy } from '../run-program.js';
import { loadTraining, openTraining, type PeerTimes, type Setup, type Training } from './training.js';

export interface Request {
  readonly setup: Setup;
  /** As in a config. */
  readonly engine: string;
  readonly count: number;
  readonly inference: boolean;
  /** As one of several ranks, which share each batch. */
  readonly launch?: Launch;
  /** `key.path=value`. */
  readonly changes?: readonly string[];
}

const program = fileURLToPath(import.meta.url);

/** Runs this program. */
export function ownTimes(request: Request): Promise<PeerTimes> {
  return printedBy(request.engine, [program, JSON.stringify(request)], process.env);
}

async function predict({ session: { model } }: Training, batch: HostBatch): Promise<void> {
  const direct = tf.tidy(
    () =>
      model.forward(tf.tensor4d(batch.image, [...batch.shape]), { training: false, transfer: false }).direct,
  );
  await Promise.all(Object.values(direct).map((prediction) => prediction.data()));
  tf.dispose(direct);
}

/** Steps that are not measured: until the process has the memory that it needs, a step waits for new pages. */
const warmUps = 3;

async function timesOf(loaded: LoadedConfig, { count, inference }: Request): Promise<number[]> {
  const training = await openTraining(loaded);
  const batches: HostBatch[] = [];
  for await (const batch of training.batches(count + warmUps)) batches.push(batch);
  const times: number[] = [];
  for (const batch of batches) {
    const started = performance.now();
    if (inference) await predict(training, batch);
    else await training.stepper.step(batch, 1e-4);
    times.push(performance.now() - started);
  }
  return times.slice(warmUps);
}

if (process.argv[1] === program) {
  const request = JSON.parse(process.argv[2]!) as Request;
  const { launch, setup, engine, changes } = request;
  const loaded = await loadTraining(setup, engine, changes);
  const measure = (): Promise<number[]> => timesOf(loaded, request);
  const times = await (launch ? asRank(loaded, launch, measure) : measure());
  console.log(`\n${JSON.stringify({ times, peak: peakMemory() })}`);
  process.exit();
}
