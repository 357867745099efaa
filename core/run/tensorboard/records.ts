import { crc32c } from './crc.js';

/** Added to a checksum that stands beside the bytes it is of: of those with it, a plain one is a constant. */
const maskDelta = 0xa282ead8;

/**
 * A record as TFRecord frames it: its length (8 bytes, little-endian), the length's checksum, the record, its checksum.
 * A reader so knows a torn end from a damaged file.
 */
export function frame(record: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(record.length));
  return Buffer.concat([length, masked(length), record, masked(record)]);
}

/** 4 bytes, little-endian. */
function masked(bytes: Uint8Array): Buffer {
  const crc = crc32c(bytes);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE((((crc >>> 15) | (crc << 17)) + maskDelta) >>> 0);
  return sum;
}
