import * as tf from '@tensorflow/tfjs';
import { currentWorld } from '../world/current.js';
import { readScalars } from './read-scalars.js';

/** What ends a process's waiting at once. One of several ranks ends with the others, after a step: nothing for it. */
export function waitingSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  return currentWorld() ? undefined : signal;
}

/** Whether the run is to stop: all ranks after the same step, whichever was asked. */
export async function isToStop(signal: AbortSignal | undefined): Promise<boolean> {
  const asked = signal?.aborted === true;
  if (!currentWorld()) return asked;
  const [share] = await readScalars(() => [tf.scalar(asked ? 1 : 0)], true);
  return share! > 0;
}
