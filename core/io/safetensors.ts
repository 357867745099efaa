import { MtlError, messageOf } from '../errors.js';

/** Half-precision values come as their bits: nothing here computes with them, they are only named in messages. */
const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** A tensor's values on the host. */
export interface HostTensor {
  readonly dtype: keyof typeof arrays;
  readonly shape: readonly number[];
  readonly data: Float64Array | Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own limit on its header. */
const longestHeader = 100_000_000;

/**
 * The safetensors format (https://github.com/huggingface/safetensors): 8 bytes of header length, little-endian, a
 * JSON header with dtype, shape and place of every tensor, then the values.
 */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Buffer {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  // Spaces up to a multiple of 8, so that the values are aligned.
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...chunks]);
}

/**
 * Reads a file's bytes; every length is checked against the file's size before memory is taken.
 * @throws MtlError `WEIGHTS_INVALID`
 */
export function parseSafetensors(bytes: Buffer): Safetensors {
  if (bytes.length < 8) throw broken('it is shorter than a header');
  const headerLength = Number(bytes.readBigUInt64LE());
  if (headerLength > Math.min(longestHeader, bytes.length - 8)) throw broken('its header is longer than the file');
  const values = bytes.subarray(8 + headerLength);
  const { __metadata__: metadata = {}, ...entries } = parseHeader(bytes.subarray(8, 8 + headerLength));
  const tensors = new Map<string, HostTensor>();
  for (const [name, entry] of Object.entries(entries)) tensors.set(name, readTensor(name, entry, values));
  return { tensors, metadata: metadata as Record<string, string> };
}

function parseHeader(bytes: Buffer): Record<string, unknown> {
  try {
    const header = JSON.parse(bytes.toString('utf8')) as unknown;
    if (typeof header !== 'object' || header === null || Array.isArray(header)) throw new Error('not an object');
    return header as Record<string, unknown>;
  } catch (error) {
    throw broken(`its header is not JSON (${messageOf(error)})`);
  }
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function readTensor(name: string, entry: unknown, values: Buffer): HostTensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !shape.every(isLength)) {
    throw broken(`the entry "${name}" has no dtype or shape`);
  }
  if (!(dtype in arrays)) throw broken(`"${name}" is ${dtype}; only ${Object.keys(arrays).join(', ')} can be read`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isLength)) {
    throw broken(`the entry "${name}" has no place`);
  }
  const [start, end] = offsets as [number, number];
  const array = arrays[dtype as HostTensor['dtype']];
  const size = (shape as number[]).reduce((product, length) => product * length, 1);
  if (end > values.length || end - start !== size * array.BYTES_PER_ELEMENT) {
    throw broken(`"${name}" lies at ${start}–${end} of ${values.length} bytes, which does not fit shape [${shape.join()}]`);
  }
  // A copy, so that the values are aligned and do not keep the whole file in memory.
  const copy = Uint8Array.from(values.subarray(start, end));
  return { dtype: dtype as HostTensor['dtype'], shape: shape as number[], data: new array(copy.buffer) };
}

function broken(reason: string): MtlError {
  return new MtlError('WEIGHTS_INVALID', `not a whole safetensors file: ${reason}`);
}
