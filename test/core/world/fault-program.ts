/**
 * A rank that goes wrong, or another one that waits for it: `node fault-program.js LAUNCH FAULT`. Prints what it was told,
 * as JSON.
 */
import * as tf from '@tensorflow/tfjs';
import { createPart, type MtlError } from '../../../core/index.js';
import type { Launch } from '../../../core/world/launch.js';
import { torch } from '../../../plugins/engines/index.js';

const launch = JSON.parse(process.argv[2]!) as Launch;
const fault = process.argv[3]!;
const atFault = launch.rank === Number(fault.at(-1));

const engine = createPart(torch, { threads: 1 });
await engine.start();
const world = await engine.joinWorld!({
  ...launch,
  group: launch.size,
  timeout: 15_000,
  startTimeout: 60_000,
});
const exchange = (): number => {
  const [mean] = world.average([tf.scalar(launch.rank)], 'float32').finish();
  return mean!.dataSync()[0]!;
};

/** Of the ranks' numbers, while all is well. */
const before = exchange();
if (atFault) {
  if (fault.startsWith('kill')) process.kill(process.pid, 'SIGKILL');
  if (fault.startsWith('stop')) process.kill(process.pid, 'SIGSTOP');
  if (fault.startsWith('fail')) {
    await world.leave(`rank ${launch.rank}: the disk is full`);
    process.exit(1);
  }
  if (fault.startsWith('wait')) {
    process.stdout.write('waiting\n');
    // Longer than the silence after which a rank is given up.
    await new Promise((resolve) => setTimeout(resolve, 8000));
  }
  if (fault.startsWith('hang')) for (const until = Date.now() + 30_000; Date.now() < until;);
}
const began = Date.now();
try {
  exchange();
} catch (error) {
  const { code, message } = error as MtlError;
  await world.leave(message);
  process.stdout.write(JSON.stringify({ before, code, message, waited: Date.now() - began }));
}
process.exit(0);
