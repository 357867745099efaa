import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A message of the protobuf wire format: what stands under each field's number, in order. */
type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

/** An event, as far as the tests look at it. */
export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion: string | undefined;
  /** 1 = START */
  readonly session: number | undefined;
  readonly scalars: Readonly<Record<string, number>>;
  readonly images: Readonly<Record<string, { height: number; width: number; png: Buffer }>>;
}

/** All event files of a run, in the order of their names. */
export function readRun(run: string): ReadEvent[][] {
  const folder = join(run, 'tensorboard');
  return readdirSync(folder)
    .toSorted()
    .map((name) => records(readFileSync(join(folder, name))).map(readEvent));
}

/** The records of a file, whose checksums must be right. */
function records(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    const record = bytes.subarray(at + 12, at + 12 + length);
    check(bytes.subarray(at, at + 8), bytes.readUInt32LE(at + 8));
    check(record, bytes.readUInt32LE(at + 12 + length));
    found.push(record);
    at += 16 + length;
  }
  return found;
}

function check(bytes: Buffer, stored: number): void {
  // Unmasked as TensorFlow's crc32c::Unmask does it.
  const rotated = (stored - 0xa282ead8) >>> 0;
  const crc = ((rotated >>> 17) | (rotated << 15)) >>> 0;
  if (crc !== crc32c(bytes)) throw new Error('a checksum is wrong');
}

/** From the definition: x³² … of the bits as they are sent, the lowest of a byte first, a bit at a time. */
function crc32c(bytes: Uint8Array): number {
  let register = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const leading = (register >>> 31) ^ ((byte >> bit) & 1);
      register = (register << 1) ^ (leading ? 0x1edc6f41 : 0);
    }
  }
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = (reversed << 1) | ((register >>> bit) & 1);
  return ~reversed >>> 0;
}

function readEvent(record: Buffer): ReadEvent {
  const event = fieldsOf(record);
  const values = (summary: Buffer) =>
    (fieldsOf(summary).get(1) ?? []).map((value) => fieldsOf(value as Buffer));
  const summaries = ((event.get(5) ?? []) as Buffer[]).flatMap(values);
  const tag = (value: Fields) => String(value.get(1)![0]);
  const session = event.get(7)?.[0] as Buffer | undefined;
  return {
    wallTime: (event.get(1)![0] as Buffer).readDoubleLE(),
    step: Number(event.get(2)?.[0] ?? 0),
    fileVersion: event.get(3)?.[0]?.toString(),
    session: session && Number(fieldsOf(session).get(1)![0]),
    scalars: Object.fromEntries(
      summaries
        .filter((value) => value.has(2))
        .map((value) => [tag(value), (value.get(2)![0] as Buffer).readFloatLE()]),
    ),
    images: Object.fromEntries(
      summaries
        .filter((value) => value.has(4))
        .map((value) => {
          const image = fieldsOf(value.get(4)![0] as Buffer);
          const [height, width] = [1, 2].map((field) => Number(image.get(field)![0]));
          return [tag(value), { height: height!, width: width!, png: image.get(4)![0] as Buffer }];
        }),
    ),
  };
}

/** Lengths in bytes of what is neither a varint (0) nor says its length itself (2). */
const fixed: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** https://protobuf.dev/programming-guides/encoding/ */
function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const kind = key & 7;
    const length = kind === 0 ? 0 : (fixed[kind] ?? Number(varint()));
    const value = kind === 0 ? varint() : bytes.subarray(at, at + length);
    at += length;
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}
