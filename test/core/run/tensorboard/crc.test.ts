import { expect } from 'chai';
import { crc32c } from '../../../../core/run/tensorboard/crc.js';

/** RFC 3720, appendix B.4, where the checksums stand with their lowest byte first. */
const vectors: readonly (readonly [name: string, bytes: Uint8Array, crc: string])[] = [
  ['32 bytes of zeroes', new Uint8Array(32), 'aa36918a'],
  ['32 bytes of ones', new Uint8Array(32).fill(0xff), '43aba862'],
  ['32 bytes 00 to 1f', Uint8Array.from({ length: 32 }, (_, at) => at), '4e79dd46'],
  ['32 bytes 1f to 00', Uint8Array.from({ length: 32 }, (_, at) => 31 - at), '5cdb3f11'],
  [
    'an iSCSI read command',
    Buffer.from(
      '01c00000000000000000000000000000140000000000040000000014000000182800000000000000' + '0200000000000000',
      'hex',
    ),
    '563a96d9',
  ],
];

describe('CRC-32C', () => {
  for (const [name, bytes, expected] of vectors) {
    it(`is the RFC's of ${name}`, () => {
      const crc = Buffer.alloc(4);
      crc.writeUInt32LE(crc32c(bytes));
      expect(crc.toString('hex')).to.equal(expected);
    });
  }

  it('is 0 of nothing', () => {
    expect(crc32c(new Uint8Array())).to.equal(0);
  });
});
