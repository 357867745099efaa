/**
 * Tries damaged files of one format, in a process of its own: a decoder that crashes takes no test runner along.
 *
 *     node dist/test/security/fuzz-process.js FORMAT FOLDER SEED [SCALE]
 *
 * FOLDER is left with the file that was read last. Prints one line of JSON; ends with 1 where there was a finding.
 */
import 'reflect-metadata';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { MtlError } from '../../core/errors.js';
import { peakMemory } from '../peak-memory.js';
import { targets, type Target } from './targets/index.js';

/** Milliseconds that one file may take, on a slow machine that does other things as well. */
const slowest = 5000;

const [format = '', folder = '.', seed = '1', scale = '1'] = process.argv.slice(2);
const maker = targets[format];
if (!maker) throw new Error(`no format ${format}; there are ${Object.keys(targets).join(', ')}`);

const figures = { format, seed: Number(seed), files: 0, refused: 0, taken: 0, slowestMs: 0, mostMiB: 0 };

/** Reads one file; throws where that is a finding. */
async function attempt(target: Target, name: string, bytes: Buffer): Promise<void> {
  const file = join(folder, name);
  // A file of its own each time: libhdf5 knows an opened one again, and what it had read of it.
  writeFileSync(`${file}.new`, bytes);
  renameSync(`${file}.new`, file);
  const [start, before] = [performance.now(), peakMemory()];
  figures.files += 1;
  try {
    await target.read(file);
    figures.taken += 1;
  } catch (error) {
    if (!(error instanceof MtlError)) throw error;
    if (error.message.length > 250_000)
      throw new Error('a message of more than 250000 characters', { cause: error });
    figures.refused += 1;
  }
  const [took, grew] = [performance.now() - start, peakMemory() - before];
  figures.slowestMs = Math.max(figures.slowestMs, Math.round(took));
  figures.mostMiB = Math.max(figures.mostMiB, Math.round(grew));
  if (took > slowest) throw new Error(`it took ${Math.round(took)} ms`);
  if (grew > target.most) throw new Error(`reading ${bytes.length} bytes took ${Math.round(grew)} MiB`);
}

const target = await maker(folder);
for (const [name, bytes] of target.files) {
  // Good files are taken, or the test would test nothing; and what a decoder loads once is loaded.
  const { taken } = figures;
  await attempt(target, name, bytes);
  if (figures.taken === taken) throw new Error(`the good file ${name} was refused`);
}
Object.assign(figures, { files: 0, taken: 0, mostMiB: 0, slowestMs: 0 });

await fc.assert(
  fc.asyncProperty(
    fc.constantFrom(...target.files),
    target.mutation,
    fc.boolean(),
    async ([name, bytes], mutate, isSealed) => {
      const changed = mutate(bytes);
      await attempt(target, name, isSealed && target.seal ? target.seal(changed) : changed);
    },
  ),
  // The first finding's file is what is wanted, not the smallest's.
  { seed: Number(seed), numRuns: Math.ceil(target.runs * Number(scale)), endOnFailure: true },
);
console.log(JSON.stringify(figures));
