/**
 * A program: exchanges between ranks that compute nothing meanwhile. Its argument is a `Launch`, as JSON; it prints
 * `ExchangeTimes`.
 */
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { createPart } from '../../core/index.js';
import { bucketBytes } from '../../core/world/averager.js';
import type { Launch } from '../../core/world/launch.js';
import { torch } from '../../plugins/engines/index.js';
import { printedBy } from '../run-program.js';
import { median } from './median.js';

/** ms each, medians. */
export interface ExchangeTimes {
  /** An average of one number. */
  readonly number: number;
  /** Of as many as XTasC-Net on a ResNet-34 has parameters, in parts as in training. */
  readonly gradients: number;
  readonly bf16: number;
}

const parameters = 31_553_344;
const program = fileURLToPath(import.meta.url);

/** Runs this program. */
export function exchangeTimes(launch: Launch): Promise<ExchangeTimes> {
  return printedBy(`rank ${launch.rank}`, [program, JSON.stringify(launch)], process.env);
}

async function measure(launch: Launch): Promise<ExchangeTimes> {
  const engine = createPart(torch, { threads: 1 });
  await engine.start();
  const { size } = launch;
  const world = await engine.joinWorld!({ ...launch, group: size, timeout: 60_000, startTimeout: 60_000 });
  const time = (elements: number, precision: 'float32' | 'bf16', times: number): number => {
    const parts = partsOf(elements).map((length) => tf.ones([length]));
    const found = Array.from({ length: times + 1 }, () => {
      const began = performance.now();
      const averagings = parts.map((part) => world.average([part], precision));
      for (const averaging of averagings) tf.dispose(averaging.finish());
      return performance.now() - began;
    });
    tf.dispose(parts);
    return median(found.slice(1));
  };
  const times = {
    number: time(1, 'float32', 200),
    gradients: time(parameters, 'float32', 10),
    bf16: time(parameters, 'bf16', 10),
  };
  await world.leave();
  return times;
}

/** As many numbers as travel at once, and the rest. */
function partsOf(elements: number): number[] {
  const most = bucketBytes / 4;
  return Array.from({ length: Math.ceil(elements / most) }, (_, index) =>
    Math.min(most, elements - index * most),
  );
}

if (process.argv[1] === program) {
  console.log(`\n${JSON.stringify(await measure(JSON.parse(process.argv[2]!) as Launch))}`);
  process.exit();
}
