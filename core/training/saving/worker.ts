/** The thread that writes checkpoints: their checksum and the disk take longer than a training step. */
import { existsSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../errors.js';
import { giveSecondName } from '../../io/second-name.js';
import type { Places, WriteReply, WriteRequest } from './messages.js';
import { partsOf, writeSnapshot, type Snapshot } from './snapshot.js';

parentPort!.on('message', ({ id, snapshot, places }: WriteRequest & { readonly id: number }) => {
  parentPort!.postMessage({ id, ...attempt(snapshot, places) } satisfies WriteReply);
});

function attempt(snapshot: Snapshot, places: Places): { failure?: string } {
  try {
    write(snapshot, places);
    return {};
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

function write(snapshot: Snapshot, { file, previous, kept, best }: Places): void {
  if (best !== undefined) writeSnapshot(best, partsOf(snapshot, ['model']));
  writeSnapshot(file, snapshot, () => {
    if (previous !== undefined && existsSync(file)) giveSecondName(file, previous);
  });
  if (kept !== undefined) giveSecondName(file, kept);
}
