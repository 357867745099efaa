import { expect } from 'chai';
import sharp from 'sharp';
import { readRgb } from '../../../../core/index.js';
import { packedPng, png16, png8, storedColors, storedValues, temporaryFolder } from '../pictures.js';

async function failure(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('expected an error');
}

describe('data sets: decoding', () => {
  const folder = temporaryFolder();
  const ramp = Array.from({ length: 256 }, (_, value) => value);

  describe('values', () => {
    it('come out of an 8-bit grey PNG as they went in', async () => {
      const file = await folder.write('grey8.png', await png8(16, 1, ramp));
      const { values, bits } = await storedValues(file);
      expect(bits).to.equal(8);
      expect(values).to.deep.equal({ height: 16, width: 16, channels: 1, data: Uint8Array.from(ramp) });
    });

    it('come out of a 16-bit grey PNG as they went in, every one of them', async () => {
      const every = Array.from({ length: 65536 }, (_, value) => (value * 40503) % 65536);
      const { values, bits } = await storedValues(
        await folder.write('grey16.png', await png16(256, 1, every)),
      );
      expect(bits).to.equal(16);
      expect(values).to.deep.equal({ height: 256, width: 256, channels: 1, data: Uint16Array.from(every) });
    });

    it('are not bent by a colour profile', async () => {
      const colors = ramp.flatMap((value) => [value, 255 - value, 128]);
      const plain = await png8(16, 3, colors);
      const profiled = await sharp(plain).withIccProfile('p3').png().toBuffer();
      const start = profiled.indexOf('iCCP') - 4;
      const profile = profiled.subarray(start, start + 12 + profiled.readUInt32BE(start));
      const afterHeader = 33;
      const bytes = Buffer.concat([plain.subarray(0, afterHeader), profile, plain.subarray(afterHeader)]);
      expect([...(await sharp(bytes).raw().toBuffer())]).to.not.deep.equal(colors);
      const file = await folder.write('profile.png', bytes);
      expect([...(await storedValues(file, 0)).values.data]).to.deep.equal(ramp);
      expect([...(await storedColors(file)).data]).to.deep.equal(colors);
    });

    for (const bits of [1, 2, 4] as const) {
      it(`come unscaled out of a grey PNG of ${bits} bits`, async () => {
        const row = Array.from({ length: 19 }, (_, x) => (x * 7) % 2 ** bits);
        const rows = [row, [...row].reverse()];
        const found = await storedValues(await folder.write(`grey${bits}.png`, packedPng(bits, 0, rows)));
        expect(found.bits).to.equal(bits);
        expect([...found.values.data]).to.deep.equal(rows.flat());
      });
    }

    for (const bits of [1, 2, 4, 8] as const) {
      it(`are the indices of a palette PNG of ${bits} bits, of one colour or transparent`, async () => {
        const row = Array.from({ length: 19 }, (_, x) => (x * 7) % 2 ** bits);
        const rows = [row, [...row].reverse()];
        const file = await folder.write(`palette${bits}.png`, packedPng(bits, 3, rows));
        expect((await sharp(file).metadata()).isPalette).to.equal(true);
        expect([...(await storedValues(file)).values.data]).to.deep.equal(rows.flat());
      });
    }

    it('are those of the named channel', async () => {
      const colors = [10, 20, 30, 11, 21, 31];
      const file = await folder.write('rgb.png', await png8(2, 3, colors));
      expect([...(await storedValues(file, 0)).values.data]).to.deep.equal([10, 11]);
      expect([...(await storedValues(file, 2)).values.data]).to.deep.equal([30, 31]);
      const deep = await folder.write('rgb16.png', await png16(2, 3, [1000, 2, 3, 60000, 5, 6]));
      expect(await storedValues(deep, 0)).to.deep.include({ bits: 16 });
      expect([...(await storedValues(deep, 0)).values.data]).to.deep.equal([1000, 60000]);
      const alpha = await folder.write('rgba.png', await png8(1, 4, [10, 20, 30, 0]));
      expect([...(await storedValues(alpha, 1)).values.data]).to.deep.equal([20]);
    });

    it('are refused where there is no telling which channel, or no such channel', async () => {
      const rgb = await folder.write('rgb2.png', await png8(1, 3, [1, 1, 1]));
      const { code, message } = await failure(storedValues(rgb));
      expect(code).to.equal('SAMPLE_INVALID');
      expect(message).to.equal(
        `${rgb}: expected a picture with one channel, found 3 channels; save it as a grey or palette PNG`,
      );
      const grey = await folder.write('grey.png', await png8(1, 1, [1]));
      expect((await failure(storedValues(grey, 2, 'mend it'))).message).to.match(
        /a channel 2, found 1 channel; mend it/,
      );
    });

    it('are refused in a lossy picture', async () => {
      const jpeg = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
        .jpeg()
        .toBuffer();
      const file = await folder.write('lossy.jpg', jpeg);
      expect((await failure(storedValues(file, 0))).message).to.match(
        /lossy\.jpg: expected labels in a lossless .*jpeg/,
      );
    });
  });

  describe('images', () => {
    it('keep their values at their own size', async () => {
      const colors = Array.from({ length: 60 }, (_, at) => (at * 37) % 256);
      const file = await folder.write('image.png', await png8(5, 3, colors));
      const { image, original } = await readRgb(file, { height: 4, width: 5 });
      expect(original).to.deep.equal({ height: 4, width: 5 });
      expect(image).to.deep.equal({ height: 4, width: 5, channels: 3, data: Uint8Array.from(colors) });
    });

    it('are averaged when shrunk, in place', async () => {
      // A ramp by columns: what is shrunk must still lie where it lay.
      const colors = Array.from({ length: 16 * 16 * 3 }, (_, at) => (Math.floor(at / 3) % 16) * 16);
      const file = await folder.write('ramp.png', await png8(16, 3, colors));
      const { image, original } = await readRgb(file, { height: 4, width: 4 });
      expect(original).to.deep.equal({ height: 16, width: 16 });
      const columns = [0, 1, 2, 3].map((x) => image.data[(1 * 4 + x) * 3]!);
      // Mean of columns 4x … 4x + 3 is (4x + 1.5)·16; the filter reaches over the edge of the outer ones.
      expect(columns[1]).to.be.closeTo(5.5 * 16, 1);
      expect(columns[2]).to.be.closeTo(9.5 * 16, 1);
      expect(columns[0]! + columns[3]!).to.be.closeTo(15 * 16, 2);
    });

    it('become 8-bit RGB from grey, 16 bits, palettes and with alpha', async () => {
      const size = { height: 1, width: 2 };
      const data = async (name: string, bytes: Buffer): Promise<number[]> => {
        const { image } = await readRgb(await folder.write(name, bytes), size);
        expect(image.channels).to.equal(3);
        return [...image.data];
      };
      expect(await data('i1.png', await png8(2, 1, [9, 200]))).to.deep.equal([9, 9, 9, 200, 200, 200]);
      expect(await data('i4.png', await png8(2, 4, [1, 2, 3, 0, 4, 5, 6, 255]))).to.deep.equal([
        1, 2, 3, 4, 5, 6,
      ]);
      const deep = await png16(2, 3, [257, 514, 771, 65535, 0, 256]);
      expect(await data('i16.png', deep)).to.deep.equal([1, 2, 3, 255, 0, 1]);
      expect(await data('ip.png', packedPng(8, 3, [[8, 9]]))).to.deep.equal([4, 200, 0, 4, 200, 0]);
    });
  });

  it('reads colours exactly, and only 8-bit RGB', async () => {
    const file = await folder.write('n.png', await png8(2, 3, [1, 2, 3, 4, 5, 6]));
    expect([...(await storedColors(file)).data]).to.deep.equal([1, 2, 3, 4, 5, 6]);
    const deep = await folder.write('n16.png', await png16(1, 3, [1, 2, 3]));
    expect((await failure(storedColors(deep))).message).to.match(/n16\.png: .*3 channels of 16 bits/);
    const grey = await folder.write('n1.png', await png8(1, 1, [1]));
    expect((await failure(storedColors(grey))).message).to.match(/n1\.png: .*1 channels of 8 bits/);
  });

  it('names a file that is torn, foreign or gone', async () => {
    const noise = Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * 7919) % 251);
    const whole = await png8(64, 3, noise);
    const torn = await folder.write('torn.png', whole.subarray(0, whole.length * 0.6));
    const palette = packedPng(
      8,
      3,
      Array.from({ length: 64 }, (_, y) => noise.slice(y * 64, y * 64 + 64)),
    );
    const tornPalette = await folder.write('torn-palette.png', palette.subarray(0, palette.length * 0.6));
    const text = await folder.write('text.png', 'not a picture');
    const gone = text.replace('text', 'gone');
    const size = { height: 8, width: 8 };
    const reads = [
      () => readRgb(torn, size),
      () => storedValues(torn, 0),
      () => storedColors(torn),
      () => readRgb(text, size),
    ];
    for (const read of reads) {
      const { code, message } = await failure(read());
      expect(code).to.equal('SAMPLE_INVALID');
      expect(message).to.match(/(torn|text)\.png: expected a readable picture, found .+; /);
    }
    expect((await failure(storedValues(tornPalette))).message).to.match(
      /torn-palette\.png: expected a readable picture/,
    );
    expect((await failure(storedValues(gone))).message).to.match(
      /gone\.png: expected a readable picture, found ENOENT/,
    );
  });
});
