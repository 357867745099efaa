import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import sharp from 'sharp';
import { mostPixels, readRgb } from '../../../../core/index.js';
import { peakMemory } from '../../../peak-memory.js';
import { chunkBytes } from '../../../security/mutations.js';
import { failure } from '../make.js';
import { storedColors, storedValues, temporaryFolder } from '../pictures.js';

const megabyte = 2 ** 20;
/** A megabyte of nothing takes a kilobyte. */
const nothing = (megabytes: number): Buffer => deflateSync(Buffer.alloc(megabytes * megabyte), { level: 9 });

function png(width: number, height: number, data: Buffer, bits = 8, colorType = 0): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = bits;
  header[9] = colorType;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    ...[
      { type: 'IHDR', data: header },
      ...(colorType === 3 ? [{ type: 'PLTE', data: Buffer.alloc(6) }] : []),
      { type: 'IDAT', data },
      { type: 'IEND', data: Buffer.alloc(0) },
    ].map(chunkBytes),
  ]);
}

/** MiB by which the process's peak grows. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = peakMemory();
  await work();
  return peakMemory() - before;
}

describe('data sets: pictures that mean harm', () => {
  const folder = temporaryFolder();
  const readers = [
    (file: string) => readRgb(file, { height: 8, width: 8 }),
    (file: string) => storedValues(file),
    (file: string) => storedColors(file),
  ];

  it('are refused by the size that they claim, before they are decoded', async () => {
    const sizes = [[60_000, 60_000], [1, 2 ** 31 - 1], [2 ** 31 - 1, 1], [8193, 8192]] as const; // prettier-ignore
    for (const [width, height] of sizes) {
      for (const [bits, colorType] of [
        [8, 0],
        [16, 0],
        [1, 3],
        [8, 2],
        [16, 6],
      ] as const) {
        // prettier-ignore
        const file = await folder.write('claim.png', png(width, height, nothing(4), bits, colorType));
        for (const read of readers) {
          const grew = await growth(async () => {
            const { code, message } = await failure(read(file));
            expect(code).to.equal('SAMPLE_INVALID');
            expect(message).to.match(
              /pixels .*more than the 67108864 that are decoded|readable picture, found /,
            );
          });
          expect(grew).to.be.below(64);
        }
      }
    }
    expect(mostPixels).to.equal(67_108_864);
  });

  it('take no more memory than their pixels, whatever their data grow to', async () => {
    const file = await folder.write('bomb.png', png(16, 16, nothing(1024)));
    const grew = await growth(async () => {
      for (const read of readers) await read(file).catch(() => undefined);
    });
    expect(grew).to.be.below(64);
  }).timeout(60_000);

  it('are no drawings or documents, whatever their name ends with', async () => {
    const entities = '<!DOCTYPE s [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]>';
    const drawings = [
      `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>`,
      `<?xml version="1.0"?>${entities}<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&b;</text></svg>`,
      '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
      '%PDF-1.4\n',
      'push graphic-context\nfill "url(https://example.com/x)"\n',
      '',
    ];
    for (const text of drawings) {
      for (const read of readers) {
        const { message } = await failure(read(await folder.write('drawing.png', text)));
        expect(message).to.match(/found a file that begins like none of PNG, JPEG, WebP, TIFF, GIF, AVIF/);
      }
    }
  });

  it('are read in every format that is named', async () => {
    for (const format of ['png', 'jpeg', 'webp', 'tiff', 'gif', 'avif'] as const) {
      const picture = sharp({ create: { width: 16, height: 16, channels: 3, background: '#808080' } });
      const file = await folder.write(`picture.${format}`, await picture.toFormat(format).toBuffer());
      const { image } = await readRgb(file, { height: 8, width: 8 });
      expect(Math.abs(image.data[0]! - 128)).to.be.below(4);
    }
  });

  it('are no pipes, devices or folders', async function () {
    if (process.platform === 'win32') this.skip();
    const pipe = join(folder.path, 'pipe.png');
    execFileSync('mkfifo', [pipe]);
    for (const [file, kind] of [
      [pipe, 'named pipe'],
      ['/dev/zero', 'device'],
      [folder.path, 'folder'],
    ] as const) {
      // prettier-ignore
      for (const read of readers) {
        const { code, message } = await failure(read(file));
        expect(code).to.equal('SAMPLE_INVALID');
        expect(message).to.contain(`found a ${kind}, not a regular file`);
      }
    }
  });
});
