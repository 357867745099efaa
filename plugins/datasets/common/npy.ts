import { badValue, type Raster } from '../../../core/index.js';

/** Element types by NumPy's letter and size; bool is read as 0 and 1. */
const arrays = {
  b1: Uint8Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;

export type NpyType = keyof typeof arrays;
export type NpyValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** An array of any number of dimensions, the last one running fastest (C order). */
export interface NpyArray {
  readonly type: NpyType;
  readonly shape: readonly number[];
  readonly data: NpyValues;
}

const magic = Buffer.from('\x93NUMPY', 'latin1');
/** NumPy's own limit on dimensions. */
const mostDimensions = 64;
/** Longer than the header of any array of numbers: only records have more to say. */
const longestHeader = 65536;

/**
 * Reads the bytes of an .npy file (NumPy's format 1.0 to 3.0:
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). The header is parsed, never evaluated; objects
 * (pickles), records and texts are refused; every length is checked against the file's size before memory is taken.
 * @param file for messages
 * @throws MtlError `SAMPLE_INVALID`
 */
export function parseNpy(bytes: Buffer, file: string): NpyArray {
  const { start, end } = headerPlace(bytes, file);
  const { descr, isFortran, shape } = parseHeader(bytes.toString('latin1', start, end), file);
  const kind = /^[<>|=]?([a-zA-Z]\d*)$/.exec(descr)?.[1];
  if (kind === undefined || !Object.hasOwn(arrays, kind)) {
    throw invalid(file, `values of ${Object.keys(arrays).join(', ')}`, `"${descr}"`, dtypeFix);
  }
  const type = kind as NpyType;
  if (shape.length > mostDimensions) {
    throw invalid(file, `at most ${mostDimensions} dimensions`, String(shape.length), tornFix);
  }
  const size = arrays[type].BYTES_PER_ELEMENT;
  // Beyond 2⁵³ the product is inexact, but then it is no file's size either.
  const expected = shape.reduce((product, length) => product * length, size);
  if (bytes.length - end !== expected) {
    const text = `${expected} bytes of values for ${descr} of shape (${shape.join(', ')})`;
    throw invalid(file, text, `${bytes.length - end}`, tornFix);
  }
  // A copy, so that the values are aligned and may be swapped.
  const copy = Buffer.from(new Uint8Array(bytes.subarray(end)).buffer);
  if (descr.startsWith('>')) swap(copy, size);
  const data = new arrays[type](copy.buffer, 0, expected / size);
  return { type, shape, data: isFortran && shape.length > 1 ? toRowMajor(data, shape) : data };
}

/** An .npy file of format 1.0, little-endian, C order. */
export function encodeNpy({ type, shape, data }: NpyArray): Buffer {
  const order = arrays[type].BYTES_PER_ELEMENT === 1 ? '|' : '<';
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${order}${type}', 'fortran_order': False, 'shape': (${tuple}), }`;
  // Values begin at a multiple of 64; the header ends with a line feed.
  const padded = header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 11) + '\n';
  const start = Buffer.alloc(10);
  magic.copy(start);
  start[6] = 1;
  start.writeUInt16LE(padded.length, 8);
  const values = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([start, Buffer.from(padded, 'latin1'), values]);
}

/**
 * The array as a map: [height, width] or [height, width, channels]. Whole numbers of up to 32 bits are kept, the others
 * become float32.
 * @throws MtlError `SAMPLE_INVALID` where it has another shape
 */
export function asRaster({ type, shape, data }: NpyArray, channels: number, file: string): Raster {
  const [height = 0, width = 0, depth = 1] = shape;
  const isMap = shape.length === 3 || (shape.length === 2 && channels === 1);
  if (!isMap || depth !== channels || height === 0 || width === 0) {
    const wanted = channels === 1 ? '(height, width) or (height, width, 1)' : `(height, width, ${channels})`;
    throw invalid(
      file,
      `an array of shape ${wanted}`,
      `(${shape.join(', ')})`,
      'check which kind of file it is',
    );
  }
  return { height, width, channels, data: asPixels(type, data) };
}

function asPixels(type: NpyType, data: NpyValues): Raster['data'] {
  if (data instanceof Uint8Array || data instanceof Int32Array || data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  return type === 'i1' || type === 'i2' || type === 'u2' ? Int32Array.from(data) : Float32Array.from(data);
}

function headerPlace(bytes: Buffer, file: string): { readonly start: number; readonly end: number } {
  if (!bytes.subarray(0, magic.length).equals(magic) || bytes.length < 12) {
    throw invalid(file, 'an .npy file', 'another beginning', tornFix);
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    throw invalid(file, 'version 1, 2 or 3 of the .npy format', String(version), 'save it by numpy.save');
  }
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  if (length > Math.min(longestHeader, bytes.length - start)) {
    throw invalid(file, 'a header that lies within the file', `one of ${length} bytes`, tornFix);
  }
  return { start, end: start + length };
}

interface Header {
  readonly descr: string;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
}

const entry =
  /\s*'(?<key>descr|fortran_order|shape)'\s*:\s*(?<value>'[^']*'|True|False|\((?:\s*\d+L?\s*(?:,|(?=\))))*\s*\))\s*(?:,|(?=\}))\s*/y;

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, its entries in any order. */
function parseHeader(text: string, file: string): Header {
  const body = text.trim();
  const found = new Map<string, string>();
  entry.lastIndex = 1;
  let end = 1;
  if (body.startsWith('{')) {
    for (let match = entry.exec(body); match; match = entry.exec(body)) {
      found.set(match.groups!.key!, match.groups!.value!);
      end = entry.lastIndex;
    }
  }
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((key) => found.get(key));
  const isWhole = body.slice(end).trim() === '}';
  if (!isWhole || !descr?.startsWith("'") || !/^(True|False)$/.test(order ?? '') || !shape?.startsWith('(')) {
    const start = JSON.stringify(body.slice(0, 60));
    throw invalid(file, 'a header with descr, fortran_order and shape of plain numbers', start, dtypeFix);
  }
  return {
    descr: descr.slice(1, -1),
    isFortran: order === 'True',
    shape: Array.from(shape.matchAll(/\d+/g), ([digits]) => Number(digits)),
  };
}

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  if (size === 4) bytes.swap32();
  if (size === 8) bytes.swap64();
}

/** From the first index running fastest to the last. */
function toRowMajor(data: NpyValues, shape: readonly number[]): NpyValues {
  const out = data.slice();
  const strides = shape.map((_, axis) =>
    shape.slice(0, axis).reduce((product, length) => product * length, 1),
  );
  const index = shape.map(() => 0);
  let from = 0;
  for (let at = 0; at < data.length; at++) {
    out[at] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

const dtypeFix = 'save an array of plain numbers, e.g. numpy.save(file, array.astype("float32"))';
const tornFix = 'fetch or export the file again, or leave its sample out of the splits';

function invalid(file: string, expected: string, found: string, fix: string): Error {
  return badValue('SAMPLE_INVALID', { what: file, expected, found, fix });
}
