import { inflateSync } from 'node:zlib';
import { badValue, messageOf, type MtlError } from '../../../core/index.js';

/** A numeric array, the first index running fastest (column-major, as MATLAB keeps it). */
export interface Mat5Array {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What numbers are stored as: type code → bytes of one, and how to read it. */
const stored: Readonly<Record<number, readonly [size: number, read: Reader]>> = {
  1: [1, (bytes, at) => bytes.readInt8(at)],
  2: [1, (bytes, at) => bytes.readUInt8(at)],
  3: [2, (bytes, at, little) => (little ? bytes.readInt16LE(at) : bytes.readInt16BE(at))],
  4: [2, (bytes, at, little) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))],
  5: [4, (bytes, at, little) => (little ? bytes.readInt32LE(at) : bytes.readInt32BE(at))],
  6: [4, (bytes, at, little) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))],
  7: [4, (bytes, at, little) => (little ? bytes.readFloatLE(at) : bytes.readFloatBE(at))],
  9: [8, (bytes, at, little) => (little ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at))],
  12: [8, (bytes, at, little) => Number(little ? bytes.readBigInt64LE(at) : bytes.readBigInt64BE(at))],
  13: [8, (bytes, at, little) => Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at))],
};
type Reader = (bytes: Buffer, at: number, little: boolean) => number;

const types = { int8: 1, uint16: 4, int32: 5, uint32: 6, matrix: 14, compressed: 15 } as const;
const classes = { struct: 2, firstNumeric: 6, uint16: 11, lastNumeric: 15 } as const;
const headerLength = 128;
/** Bytes that all compressed parts of a file may grow to: far more than lists of samples and class maps take. */
const mostInflated = 4 * 2 ** 20;
const deepest = 8;
/** NumPy's limit; MATLAB has none. */
const mostDimensions = 64;

interface Element {
  readonly type: number;
  readonly data: Buffer;
}

interface Source {
  readonly file: string;
  readonly little: boolean;
}

/**
 * The numeric arrays of a MATLAB 5 file (.mat of MATLAB 5 to 7; format:
 * https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf), by name; a field of a 1×1 struct by `struct.field`.
 * Texts, cells, sparse and complex arrays are passed over. Lengths are checked before memory is taken, and
 * compressed parts may not grow beyond 4 MiB together.
 * @param file for messages
 * @throws MtlError `DATA_INVALID`
 */
export function parseMat5(bytes: Buffer, file: string): ReadonlyMap<string, Mat5Array> {
  const endian = bytes.toString('latin1', 126, 128);
  if (bytes.length < headerLength || (endian !== 'IM' && endian !== 'MI')) {
    throw invalid(file, 'a MATLAB 5 file', 'another beginning', 'save it in MATLAB by save -v7');
  }
  const source: Source = { file, little: endian === 'IM' };
  const arrays = new Map<string, Mat5Array>();
  let budget = mostInflated;
  for (const element of elements(bytes.subarray(headerLength), source)) {
    let inner: Iterable<Element> = [element];
    if (element.type === types.compressed) {
      const inflated = inflate(element.data, budget, file);
      budget -= inflated.length;
      inner = elements(inflated, source);
    }
    for (const { type, data } of inner) {
      if (type === types.matrix) readMatrix(data, source, { prefix: '', depth: 0, into: arrays });
    }
  }
  return arrays;
}

/**
 * A MATLAB 5 file of whole numbers below 65536, uncompressed.
 * @param arrays columns of numbers, by name
 */
export function encodeMat5(arrays: Readonly<Record<string, readonly number[]>>): Buffer {
  const header = Buffer.alloc(headerLength, ' ');
  header.write('MATLAB 5.0 MAT-file, written by crosstask', 'latin1');
  header.fill(0, 116, 124);
  header.writeUInt16LE(0x0100, 124);
  header.write('IM', 126, 'latin1');
  const matrices = Object.entries(arrays).map(([name, numbers]) => {
    const flags = Buffer.alloc(8);
    flags.writeUInt32LE(classes.uint16);
    const shape = Buffer.alloc(8);
    shape.writeInt32LE(numbers.length);
    shape.writeInt32LE(1, 4);
    const values = Buffer.alloc(numbers.length * 2);
    numbers.forEach((number, index) => values.writeUInt16LE(number, index * 2));
    return encodeElement(
      types.matrix,
      Buffer.concat([
        encodeElement(types.uint32, flags),
        encodeElement(types.int32, shape),
        encodeElement(types.int8, Buffer.from(name, 'latin1')),
        encodeElement(types.uint16, values),
      ]),
    );
  });
  return Buffer.concat([header, ...matrices]);
}

function encodeElement(type: number, data: Buffer): Buffer {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type);
  tag.writeUInt32LE(data.length, 4);
  return Buffer.concat([tag, data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
}

/** The elements that follow one another: a tag with type and length, the data, and padding to 8 bytes. */
function* elements(bytes: Buffer, source: Source): Generator<Element> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const word = uint32(bytes, at, source);
    // A small element has its length in the type's upper half and up to four bytes of data in the tag.
    const small = word >>> 16;
    const type = small ? word & 0xffff : word;
    const length = small || uint32(bytes, at + 4, source);
    const start = at + (small ? 4 : 8);
    if (length > bytes.length - start || (small && small > 4)) {
      const found = `one of ${length} bytes, ${bytes.length - start} of which are there`;
      throw invalid(source.file, 'elements that lie within the file', found);
    }
    yield { type, data: bytes.subarray(start, start + length) };
    // Compressed elements are not padded.
    const padded = type === types.compressed ? length : Math.ceil(length / 8) * 8;
    at = small ? at + 8 : start + padded;
  }
}

function uint32(bytes: Buffer, at: number, { little }: Source): number {
  return little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

function inflate(data: Buffer, budget: number, file: string): Buffer {
  try {
    // Node refuses a limit of 0.
    return inflateSync(data, { maxOutputLength: Math.max(budget, 1) });
  } catch (error) {
    throw badValue(
      'DATA_INVALID',
      {
        what: file,
        expected: `compressed data that are whole and of at most ${mostInflated} bytes`,
        found: messageOf(error),
        fix: tornFix,
      },
      { cause: error },
    );
  }
}

interface Target {
  /** What stands before the name, of the struct that the array is a field of. */
  readonly prefix: string;
  readonly depth: number;
  readonly into: Map<string, Mat5Array>;
}

/** Flags, shape, name, then values or, of a struct, the fields. @param name of a field, which has no name of its own */
function readMatrix(bytes: Buffer, source: Source, target: Target, name?: string): void {
  const parts = elements(bytes, source);
  const next = (): Element | undefined => parts.next().value as Element | undefined;
  const flags = next()?.data;
  const shape = numbers(next(), source);
  const text = next();
  if (!flags || flags.length < 4 || !shape || !text) {
    // An empty matrix stands for a field that was never set.
    if (bytes.length === 0) return;
    throw invalid(source.file, 'arrays with flags, shape and name', 'one without');
  }
  const word = uint32(flags, 0, source);
  const [matrixClass, isComplex] = [word & 0xff, (word & 0x0800) !== 0];
  const path = target.prefix + (name ?? text.data.toString('latin1'));
  if (matrixClass === classes.struct) readFields(parts, source, { ...target, prefix: `${path}.` }, shape);
  if (matrixClass < classes.firstNumeric || matrixClass > classes.lastNumeric || isComplex) return;
  if (
    shape.length > mostDimensions ||
    !shape.every((length) => Number.isSafeInteger(length) && length >= 0)
  ) {
    const found = `(${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', …' : ''})`;
    throw invalid(source.file, `"${path}" of whole lengths in at most ${mostDimensions} dimensions`, found);
  }
  const data = numbers(next(), source);
  const count = shape.reduce((product, length) => product * length, 1);
  if (data?.length !== count) {
    const found = `${data?.length ?? 'no'} numbers for the shape (${shape.join(', ')})`;
    throw invalid(source.file, `"${path}" with as many numbers as its shape says`, found);
  }
  target.into.set(path, { shape: [...shape], data });
}

function readFields(parts: Generator<Element>, source: Source, target: Target, shape: Float64Array): void {
  if (shape.some((length) => length !== 1)) return;
  if (target.depth >= deepest) throw invalid(source.file, `structs at most ${deepest} deep`, 'deeper ones');
  const width = numbers(parts.next().value as Element | undefined, source)?.[0] ?? 0;
  const names = (parts.next().value as Element | undefined)?.data;
  if (!names || width < 1 || names.length % width !== 0) {
    throw invalid(source.file, 'structs with names of fields', 'one without');
  }
  const deeper = { ...target, depth: target.depth + 1 };
  for (let at = 0; at < names.length; at += width) {
    const name = names.toString('latin1', at, at + width).replace(/\0.*$/s, '');
    const field = parts.next().value as Element | undefined;
    if (field?.type === types.matrix) readMatrix(field.data, source, deeper, name);
  }
}

/** Numbers in whatever type they are stored; undefined where the element holds none. */
function numbers(element: Element | undefined, { little, file }: Source): Float64Array | undefined {
  if (!element) return undefined;
  const how = stored[element.type];
  if (!how) return undefined;
  const [size, read] = how;
  if (element.data.length % size !== 0) {
    throw invalid(file, `numbers of ${size} bytes`, `${element.data.length} bytes`);
  }
  return Float64Array.from({ length: element.data.length / size }, (_, index) =>
    read(element.data, index * size, little),
  );
}

const tornFix = 'fetch or save the file again';

function invalid(file: string, expected: string, found: string, fix = tornFix): MtlError {
  return badValue('DATA_INVALID', { what: file, expected, found, fix });
}
