import { clip, MtlError, messageOf } from '../errors.js';
import { isGroup } from '../group.js';

/** Half-precision values come as their bits: nothing here computes with them, they are only named in messages. */
const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** A tensor's values on the host. */
export interface HostTensor {
  readonly dtype: keyof typeof arrays;
  readonly shape: readonly number[];
  readonly data: Float64Array | Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array;
}

/** What a .safetensors file holds. */
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
export function encodeSafetensors(content: Safetensors): Buffer {
  return Buffer.concat(safetensorsPieces(content));
}

/** The same in several pieces, which share the tensors' memory. */
export function safetensorsPieces({ tensors, metadata }: Safetensors): readonly Uint8Array[] {
  const header: [name: string, entry: unknown][] = [['__metadata__', metadata]];
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    header.push([name, { dtype, shape, data_offsets: [offset, offset + data.byteLength] }]);
    chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  // Spaces up to a multiple of 8, so that the values are aligned.
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return [length, padded, ...chunks];
}

/**
 * Reads a file's bytes. Every length is checked against the file's size before memory is taken, and no byte belongs to
 * two tensors or to none, so that no file takes more memory than its own size.
 * @throws MtlError `WEIGHTS_INVALID`
 */
export function parseSafetensors(bytes: Buffer): Safetensors {
  if (bytes.length < 8) throw broken('it is shorter than a header');
  const headerLength = Number(bytes.readBigUInt64LE());
  if (headerLength > Math.min(longestHeader, bytes.length - 8))
    throw broken('its header is longer than the file');
  const values = bytes.subarray(8 + headerLength);
  const { __metadata__: metadata = {}, ...entries } = parseHeader(bytes.subarray(8, 8 + headerLength));
  if (!isTexts(metadata)) throw broken('its metadata are not texts');
  const places = Object.entries(entries).map(([name, entry]) => readPlace(name, entry));
  checkCoverage(places, values.length);
  return { tensors: new Map(places.map((place) => [place.name, readTensor(place, values)])), metadata };
}

function parseHeader(bytes: Buffer): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw broken(`its header is not JSON (${messageOf(error)})`);
  }
  if (isGroup(header)) return header;
  throw broken('its header is not a JSON object');
}

interface Place extends Pick<HostTensor, 'dtype' | 'shape'> {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

function readPlace(name: string, entry: unknown): Place {
  const { dtype, shape, data_offsets: offsets } = isGroup(entry) ? entry : {};
  if (typeof dtype !== 'string' || !isLengths(shape))
    throw broken(`the entry "${name}" has no dtype or shape`);
  if (!isKnown(dtype))
    throw broken(`"${name}" is ${dtype}; only ${Object.keys(arrays).join(', ')} can be read`);
  if (!isLengths(offsets) || offsets.length !== 2) throw broken(`the entry "${name}" has no place`);
  const [start, end] = offsets as [number, number];
  // Beyond 2⁵³ the product is inexact, but then it is no file's size either.
  const size = shape.reduce((product, length) => product * length, arrays[dtype].BYTES_PER_ELEMENT);
  if (end - start !== size) {
    throw broken(`"${name}" lies at ${start}–${end}, which does not fit ${dtype} of shape [${shape.join()}]`);
  }
  return { name, dtype, shape, start, end };
}

function checkCoverage(places: readonly Place[], available: number): void {
  let covered = 0;
  for (const { name, start, end } of places.toSorted(
    (left, right) => left.start - right.start || left.end - right.end,
  )) {
    if (start !== covered)
      throw broken(`"${name}" begins at byte ${start} of the values, expected ${covered}`);
    covered = end;
  }
  if (covered !== available) throw broken(`its tensors take ${covered} bytes, but it has ${available}`);
}

function readTensor({ dtype, shape, start, end }: Place, values: Buffer): HostTensor {
  // A copy, so that the values are aligned and do not keep the whole file in memory.
  const copy = new Uint8Array(values.subarray(start, end));
  return { dtype, shape, data: new arrays[dtype](copy.buffer) };
}

function isTexts(value: unknown): value is Record<string, string> {
  return isGroup(value) && Object.values(value).every((text) => typeof text === 'string');
}

function isLengths(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && (length as number) >= 0)
  );
}

function isKnown(dtype: string): dtype is HostTensor['dtype'] {
  return Object.hasOwn(arrays, dtype);
}

function broken(reason: string): MtlError {
  return new MtlError('WEIGHTS_INVALID', `not a whole safetensors file: ${clip(reason)}`);
}
