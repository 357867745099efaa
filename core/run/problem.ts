import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../io/atomic-write.js';
import { encodeSafetensors, type HostTensor } from '../io/safetensors.js';
import { writeFailure } from '../io/write-failure.js';
import type { Trouble } from '../training/trouble.js';

/** What `problem/problem.json` of a run holds. JSON has no NaN and no Infinity: they stand there as texts. */
export interface ProblemNotes {
  readonly code: string;
  readonly message: string;
  /** Of the batch's samples. */
  readonly ids: readonly string[];
  /** From 0. */
  readonly epoch: number;
  /** Counted from 1 over the whole run. */
  readonly step: number;
  readonly seed: number;
  readonly learningRate: number;
  /** Every task's loss and its terms. */
  readonly losses: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
}

/** The files of a problem, whole or not there at all. */
export function problemFiles(run: string): { folder: string; notes: string; batch: string } {
  const folder = join(run, 'problem');
  return { folder, notes: join(folder, 'problem.json'), batch: join(folder, 'batch.safetensors') };
}

/**
 * Keeps the batch that ended a run, and what is known of it, in the run's folder `problem/`; an earlier one is replaced.
 * @returns what the error's message is to add: where it is, or why it could not be written
 */
export function writeProblem(run: string, trouble: Trouble): string {
  const { folder } = problemFiles(run);
  const beside = `${folder}.${process.pid}.tmp`;
  try {
    mkdirSync(beside, { recursive: true });
    writeAtomically(join(beside, 'batch.safetensors'), batchFile(trouble));
    writeAtomically(join(beside, 'problem.json'), `${JSON.stringify(notesOf(trouble), null, 2)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(beside, folder);
    return `; the batch is in ${folder}, and "mtl inspect-batch ${run}" shows it`;
  } catch (error) {
    // The loss is what ended the run: that it cannot be looked at comes second.
    rmSync(beside, { recursive: true, force: true });
    return `; its batch could not be kept: ${writeFailure(folder, undefined, error).message}`;
  }
}

function batchFile({ batch }: Trouble): Buffer {
  const tensors = new Map<string, HostTensor>([
    ['image', { dtype: 'F32', shape: batch.shape, data: batch.image }],
  ]);
  for (const [task, { value, mask, shape }] of Object.entries(batch.targets)) {
    tensors.set(`${task}/value`, { dtype: 'F32', shape, data: value });
    tensors.set(`${task}/mask`, { dtype: 'F32', shape: [...shape.slice(0, 3), 1], data: mask });
  }
  return encodeSafetensors({ tensors, metadata: { format: 'crosstask-batch' } });
}

function notesOf({ error, batch, learningRate, epoch, step, seed }: Trouble): ProblemNotes {
  const readable = (value: number): number | string => (Number.isFinite(value) ? value : String(value));
  const losses = Object.entries(error.losses).map(([task, terms]) => [
    task,
    Object.fromEntries(Object.entries(terms).map(([term, value]) => [term, readable(value)])),
  ]);
  const { code, message } = error;
  return {
    code,
    message,
    ids: batch.ids,
    epoch,
    step,
    seed,
    learningRate,
    losses: Object.fromEntries(losses) as ProblemNotes['losses'],
  };
}
