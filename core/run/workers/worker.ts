/** A loader thread: makes its own data set and tasks from the config, and prepares the samples that it is asked for. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadConfig } from '../../config/index.js';
import type { Example } from '../../data/index.js';
import type { Plugin } from '../../registry/index.js';
import { openData, readerOf } from '../data.js';
import { toFailure, type WorkerReply, type WorkerRequest, type WorkerStart } from './messages.js';

const { config, baseFolder, modules, share } = workerData as WorkerStart;
const port = parentPort!;

const plugins = await Promise.all(
  modules.map(async (module) => ((await import(module)) as { readonly default: Plugin }).default),
);
const loaded = await loadConfig({ plugins, config, folder: baseFolder });
const reader = readerOf(loaded, openData(loaded), share);

port.on('message', ({ id, split, index, variation }: WorkerRequest & { readonly id: number }) => {
  reader.load(split, index, variation).then(
    (example) => port.postMessage({ id, example } satisfies WorkerReply, buffersOf(example)),
    (error: unknown) => port.postMessage({ id, failure: toFailure(error) } satisfies WorkerReply),
  );
});

/** They are handed over, not copied. */
function buffersOf({ image, targets }: Example): ArrayBuffer[] {
  return [image.buffer, ...Object.values(targets).flatMap(({ value, mask }) => [value.buffer, mask.buffer])];
}
