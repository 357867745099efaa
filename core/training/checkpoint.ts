import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import type { Json, NamedState, Stateful } from '../contracts/index.js';
import { MtlError, messageOf, show } from '../errors.js';
import { isGroup } from '../group.js';
import { readRegularFileSync } from '../io/read-file.js';
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
  return partsOf(tensors, valuesOf(rest.values, file), file);
}

/** Whoever can write a file can write its checksum, too: that one is right says nothing of what stands in it. */
function valuesOf(
  text: string | undefined,
  file: string,
): ReadonlyMap<string, Readonly<Record<string, Json>>> {
  let values: unknown;
  try {
    values = JSON.parse(text ?? '');
  } catch (error) {
    throw invalid(file, `its values are not JSON (${messageOf(error)})`, error);
  }
  if (!isGroup(values) || !Object.values(values).every(isGroup)) {
    throw invalid(file, 'its values are not groups of values by part');
  }
  return new Map(Object.entries(values)) as ReadonlyMap<string, Readonly<Record<string, Json>>>;
}

function partsOf(
  all: Safetensors['tensors'],
  values: ReadonlyMap<string, Readonly<Record<string, Json>>>,
  file: string,
): Checkpoint {
  const tensors = new Map([...values.keys()].map((part) => [part, [] as [string, HostTensor][]]));
  for (const [name, tensor] of all) {
    const [part, own] = splitAtSlash(name);
    const among = tensors.get(part);
    if (!among) throw invalid(file, `its tensor ${show(name)} belongs to none of its parts`);
    if (tensor.dtype !== 'F32') throw invalid(file, `its tensor ${show(name)} is ${tensor.dtype}, not F32`);
    among.push([own, tensor]);
  }
  return Object.fromEntries(
    [...values].map(([part, own]) => [
      part,
      { values: own, tensors: Object.fromEntries(tensors.get(part) ?? []) },
    ]),
  );
}

function splitAtSlash(name: string): readonly [part: string, own: string] {
  const at = name.indexOf('/');
  return at < 0 ? ['', name] : [name.slice(0, at), name.slice(at + 1)];
}

/**
 * Gives parts the state that they had.
 * @throws MtlError `CHECKPOINT_INVALID` where a part is absent or does not fit.
 */
export function restoreCheckpoint(checkpoint: Checkpoint, parts: Readonly<Record<string, Stateful>>): void {
  for (const [name, part] of Object.entries(parts)) {
    const saved = Object.hasOwn(checkpoint, name) ? checkpoint[name] : undefined;
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
    return parseSafetensors(readRegularFileSync(file));
  } catch (error) {
    throw invalid(file, messageOf(error), error);
  }
}

function invalid(file: string, reason: string, cause?: unknown): MtlError {
  return new MtlError('CHECKPOINT_INVALID', `Cannot use the checkpoint ${file}: ${reason}`, { cause });
}
