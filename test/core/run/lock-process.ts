/**
 * A process that takes a folder's lock as soon as a line comes in, says how that ended, and holds it to the end of its
 * input.
 */
import { once } from 'node:events';
import { RunLock } from '../../../core/run/lock.js';

const [folder] = process.argv.slice(2);
process.stdin.resume();
console.log('ready');
await once(process.stdin, 'data');
const ended = once(process.stdin, 'end');
try {
  const lock = await RunLock.take(folder!);
  console.log('taken');
  await ended;
  lock.release();
} catch (error) {
  console.log(`refused: ${(error as Error).message}`);
}
