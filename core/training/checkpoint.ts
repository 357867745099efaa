import { existsSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import type { Json, NamedState, Stateful } from '../contracts/index.js';
import { MtlError, messageOf } from '../errors.js';
import { parseSafetensors, type HostTensor, type Safetensors } from '../io/safetensors.js';
import { checksum, format, takeSnapshot, version, writeSnapshot } from './saving/snapshot.js';

/** Named parts of a run as they were saved. */
export type Checkpoint = Readonly<Record<string, SavedPart>>;

/** One part's state, on the host. */
export interface SavedPart {
  readonly tensors: Readonly<Record<string, HostTensor>>;
  readonly values: Readonly<Record<string, Json>>;
}

/** Writes the state of named parts into one file, see `writeSnapshot`. */
export async function saveCheckpoint(file: string, parts: Readonly<Record<string, Stateful>>): Promise<void> {
  writeSnapshot(file, await takeSnapshot(parts));
}

/**
 * Reads a checkpoint. Nothing in it is executed.
 * @throws MtlError `CHECKPOINT_INVALID` where it is absent, torn, foreign or of a newer format.
 */
export function readCheckpoint(file: string): Checkpoint {
  const { tensors, metadata } = readFile(file);
  const { sha256, ...rest } = metadata;
  if (rest.format !== format) throw invalid(file, 'it is a safetensors file, but no checkpoint of a run');
  if (rest.version !== version) {
    throw invalid(file, `its format is version ${rest.version}, this release reads version ${version}`);
  }
  if (sha256 !== checksum(tensors, rest)) throw invalid(file, 'its checksum is wrong: the file is damaged');
  const values = JSON.parse(rest.values!) as Record<string, Record<string, Json>>;
  const parts = Object.keys(values).map((part): [string, SavedPart] => {
    const own = [...tensors].filter(([name]) => name.startsWith(`${part}/`));
    return [
      part,
      {
        values: values[part]!,
        tensors: Object.fromEntries(own.map(([name, tensor]) => [name.slice(part.length + 1), tensor])),
      },
    ];
  });
  return Object.fromEntries(parts);
}

/**
 * Gives parts the state that they had.
 * @throws MtlError `CHECKPOINT_INVALID` where a part is absent or does not fit.
 */
export function restoreCheckpoint(checkpoint: Checkpoint, parts: Readonly<Record<string, Stateful>>): void {
  for (const [name, part] of Object.entries(parts)) {
    const saved = checkpoint[name];
    if (!saved)
      throw new MtlError(
        'CHECKPOINT_INVALID',
        `The checkpoint holds no "${name}"; it holds ${Object.keys(checkpoint).join(', ')}`,
      );
    const tensors = Object.fromEntries(
      Object.entries(saved.tensors).map(([key, { data, shape }]) => [
        key,
        tf.tensor(data as Float32Array, [...shape]),
      ]),
    );
    const state: NamedState = { tensors, values: saved.values };
    try {
      part.restore(state);
    } finally {
      tf.dispose(tensors);
    }
  }
}

function readFile(file: string): Safetensors {
  if (!existsSync(file)) throw invalid(file, 'there is no such file');
  try {
    return parseSafetensors(readFileSync(file));
  } catch (error) {
    throw invalid(file, messageOf(error), error);
  }
}

function invalid(file: string, reason: string, cause?: unknown): MtlError {
  return new MtlError('CHECKPOINT_INVALID', `Cannot use the checkpoint ${file}: ${reason}`, { cause });
}
