import { crc32 } from 'node:zlib';

const signatureLength = 8;
const greyscale = 0;

/**
 * A palette PNG as a grey PNG whose values are the palette's indices: an indexed picture is stored like a grey one of
 * the same bit depth, so its header says `grey` and the palette goes. (Decoders expand a palette to its colours, and
 * the class ids are lost.)
 * @param png a palette PNG; a torn one stays torn, for the decoder to refuse
 */
export function indicesAsGrey(png: Buffer): Buffer {
  const kept: Buffer[] = [png.subarray(0, signatureLength)];
  for (let start = signatureLength; start + 12 <= png.length;) {
    const end = Math.min(start + 12 + png.readUInt32BE(start), png.length);
    const chunk = png.subarray(start, end);
    const type = chunk.toString('latin1', 4, 8);
    if (type === 'IHDR') kept.push(withColorType(chunk, greyscale));
    if (type === 'IDAT' || type === 'IEND') kept.push(chunk);
    start = end;
  }
  return Buffer.concat(kept);
}

/** IHDR: length (4), type (4), width (4), height (4), bit depth, colour type, …, CRC over all but the length. */
function withColorType(header: Buffer, colorType: number): Buffer {
  const changed = Buffer.from(header);
  changed[17] = colorType;
  changed.writeUInt32BE(crc32(changed.subarray(4, -4)), changed.length - 4);
  return changed;
}
