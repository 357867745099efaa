/** CRC-32C's polynomial (Castagnoli), its bits in reverse. */
const polynomial = 0x82f63b78;

/** What a byte at the register's end makes of it. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? polynomial : 0);
  return register;
});

/**
 * CRC-32C (RFC 3720, appendix B.4), as event files have it. Node's own `zlib.crc32` has another polynomial, and the
 * packages there are for this one are native or bring a cloud's tools with them.
 */
export function crc32c(bytes: Uint8Array): number {
  let register = 0xffffffff;
  for (const byte of bytes) register = (register >>> 8) ^ table[(register ^ byte) & 0xff]!;
  return (register ^ 0xffffffff) >>> 0;
}
