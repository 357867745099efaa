import { crc32 } from 'node:zlib';

/** A PNG of the plain kind: rows of grey or RGB, one after the other, and nothing that changes their meaning. */
export interface PlainPng {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Of a number; RGB has 8. */
  readonly bits: 8 | 16;
  /** Its compressed data. */
  readonly compressed: readonly Buffer[];
}

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** What may stand beside the pixels: how large they are, when and how they were made. */
const harmless: Readonly<Record<string, (length: number) => boolean>> = {
  pHYs: (length) => length === 9,
  tIME: (length) => length === 7,
  sRGB: (length) => length === 1,
};

/** @returns undefined for any other PNG, and any that is not as it should be to the last byte */
export function plainPng(bytes: Buffer): PlainPng | undefined {
  if (!bytes.subarray(0, signature.length).equals(signature)) return undefined;
  const compressed: Buffer[] = [];
  let header: Omit<PlainPng, 'compressed'> | undefined;
  let before = '';
  for (const { type, data } of chunks(bytes)) {
    const isFirst = before === '';
    if (isFirst !== (type === 'IHDR')) return undefined;
    if (type === 'IHDR') header = plainHeader(data);
    else if (type === 'IDAT' && (before === 'IDAT' || compressed.length === 0)) compressed.push(data);
    else if (type !== 'IEND' && !harmless[type]?.(data.length)) return undefined;
    if (!header) return undefined;
    before = type;
  }
  return before === 'IEND' && compressed.length > 0 && header ? { ...header, compressed } : undefined;
}

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/** All as far as they are sound; the last one is `IEND` only where nothing follows it. */
function* chunks(bytes: Buffer): Generator<Chunk, void, undefined> {
  for (let start = signature.length; start + 12 <= bytes.length;) {
    const end = start + 12 + bytes.readUInt32BE(start);
    if (end > bytes.length) return;
    const type = bytes.toString('latin1', start + 4, start + 8);
    if (crc32(bytes.subarray(start + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return;
    if (type === 'IEND' && end !== bytes.length) return;
    yield { type, data: bytes.subarray(start + 8, end - 4) };
    start = end;
  }
}

function plainHeader(data: Buffer): Omit<PlainPng, 'compressed'> | undefined {
  if (data.length !== 13) return undefined;
  const [bits, colorType, ...methods] = data.subarray(8);
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  if (width === 0 || height === 0 || methods.some((method) => method !== 0)) return undefined;
  if (colorType === 0 && (bits === 8 || bits === 16)) return { height, width, channels: 1, bits };
  return colorType === 2 && bits === 8 ? { height, width, channels: 3, bits } : undefined;
}
