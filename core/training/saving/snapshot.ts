import { createHash } from 'node:crypto';
import type { Json, Stateful } from '../../contracts/index.js';
import { writeAtomically } from '../../io/atomic-write.js';
import { safetensorsPieces, type HostTensor, type Safetensors } from '../../io/safetensors.js';

export const format = 'crosstask-checkpoint';
export const version = '1';

/** The state of named parts at one moment, on the host. */
export interface Snapshot {
  /** By `PART/NAME`. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Everything else, by part. */
  readonly values: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

/** Takes the state of parts down. Nothing may change them until it is done; from then on anything may. */
export async function takeSnapshot(parts: Readonly<Record<string, Stateful>>): Promise<Snapshot> {
  const tensors = new Map<string, HostTensor>();
  const values: Record<string, Readonly<Record<string, Json>>> = {};
  for (const [part, { state }] of Object.entries(parts)) {
    values[part] = state.values;
    for (const [name, tensor] of Object.entries(state.tensors)) {
      // A copy, since an engine may give the memory that it computes in.
      const data = (await tensor.data<'float32'>()).slice();
      tensors.set(`${part}/${name}`, { dtype: 'F32', shape: tensor.shape, data });
    }
  }
  return { tensors, values };
}

/** What a snapshot has of some parts. */
export function partsOf({ tensors, values }: Snapshot, parts: readonly string[]): Snapshot {
  return {
    tensors: new Map([...tensors].filter(([name]) => parts.some((part) => name.startsWith(`${part}/`)))),
    values: Object.fromEntries(Object.entries(values).filter(([part]) => parts.includes(part))),
  };
}

/**
 * Writes a snapshot into one `.safetensors` file: everything that is no tensor as JSON in the metadata, with a checksum
 * over all of it. The file is replaced in one go.
 * @param ready called when all is on the disk, before the new file takes the old one's place
 */
export function writeSnapshot(file: string, { tensors, values }: Snapshot, ready?: () => void): void {
  const metadata = { format, version, values: JSON.stringify(values) };
  const sha256 = checksum(tensors, metadata);
  writeAtomically(file, safetensorsPieces({ tensors, metadata: { ...metadata, sha256 } }), ready);
}

/** SHA-256 of all that a checkpoint holds. */
export function checksum(
  tensors: Safetensors['tensors'],
  metadata: Readonly<Record<string, string>>,
): string {
  const hash = createHash('sha256').update(
    JSON.stringify([metadata.format, metadata.version, metadata.values]),
  );
  for (const [name, { dtype, shape, data }] of tensors) {
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
