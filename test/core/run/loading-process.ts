/** Loads a whole epoch of a config's data and prints how many images there were and the most memory that it took. */
import { readFileSync } from 'node:fs';
import { DataLoading, loadConfig, openData, type Fragment } from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { peakMemory } from '../../peak-memory.js';

/** What is printed. */
export interface Loaded {
  readonly images: number;
  /** Of the whole process, its threads and the runtime included, MiB. */
  readonly peak: number;
}

const config = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Fragment;
const loaded = await loadConfig({ plugins: [builtin], config });
const loading = new DataLoading(loaded, openData(loaded));
const loader = await loading.open('train');
let images = 0;
for await (const batch of loader.batches({ batchSize: 8, shuffle: { seed: 0, epoch: 0 }, augment: {} })) {
  images += batch.size;
}
loading.dispose();
console.log(JSON.stringify({ images, peak: peakMemory() } satisfies Loaded));
