/**
 * A rank of a group, one of several: `node group-program.js LAUNCH GROUP FAULT`. Prints what it came to, as JSON.
 * @see groups.test.ts
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { createPart, type MtlError, type World } from '../../../core/index.js';
import type { Launch } from '../../../core/world/launch.js';
import { torch } from '../../../plugins/engines/index.js';

const launch = JSON.parse(process.argv[2]!) as Launch;
const group = Number(process.argv[3]);
const fault = process.argv[4]!;

const engine = createPart(torch, { threads: 1 });
await engine.start();
const world = await engine.joinWorld!({ ...launch, group, timeout: 15_000, startTimeout: 60_000 });
const { groups } = world;
const { rank } = launch;

/** The mean of the group's numbers; of a group of one, its own. */
function exchange(of: World): number {
  if (of.size === 1) return rank;
  const [mean] = of.average([tf.scalar(rank)], 'float32').finish();
  return mean!.dataSync()[0]!;
}

/** Numbers that this rank was the first to ask for. */
async function claimed(): Promise<number[]> {
  const own: number[] = [];
  for (let index = 0; index < 20; index++)
    if ((await groups.claim(`number/${index}`, String(rank))) === String(rank)) own.push(index);
  return own;
}

const found = {
  rank: [world.rank, world.size, groups.leader],
  mean: exchange(world),
  group: await world.gather(`of ${rank}`),
  all: await groups.gather(`of ${rank}`),
  claimed: await claimed(),
  nothing: (await groups.told('nothing')) ?? null,
};

/** What becomes of the groups where rank 2 is killed or falls behind. */
async function afterFault(): Promise<object> {
  if (rank === 2 && fault === 'kill') process.kill(process.pid, 'SIGKILL');
  if (rank === 2 && fault === 'behind') {
    // Goes on from another place than rank 3, which has exchanged something more.
    return world.gather('a', 'other').then(
      () => ({}),
      async (error: MtlError) => {
        await world.leave(error.message);
        return { code: error.code, message: error.message };
      },
    );
  }
  try {
    if (rank === 3 && fault === 'behind') {
      world.average([tf.scalar(1)], 'float32');
      await world.gather('b', 'other');
    } else if (rank === 3) exchange(world);
    else while (await groups.lives(2)) await sleep(100);
  } catch (error) {
    const { code, message } = error as MtlError;
    await world.leave(message);
    return { code, message };
  }
  return { mean: exchange(world) };
}

const after = fault === 'none' ? {} : await afterFault();
if (!('code' in after)) await world.leave();
process.stdout.write(JSON.stringify({ ...found, after }), () => process.exit(0));
