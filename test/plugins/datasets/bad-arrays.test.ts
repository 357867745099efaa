import { truncate, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { encodeNpy } from '../../../plugins/datasets/common/npy.js';
import { arrays, copiesToDamage } from './damage.js';

describe('data sets: bad arrays', () => {
  const { damaged } = copiesToDamage();

  for (const [layout, { size }] of Object.entries(arrays)) {
    describe(layout, () => {
      const write = (kind: 'i4' | 'f4', shape: number[], values: readonly number[]) => (file: string) =>
        writeFile(
          file,
          encodeNpy({
            type: kind,
            shape,
            data: kind === 'i4' ? Int32Array.from(values) : Float32Array.from(values),
          }),
        );
      const filled = (value: number): number[] => Array<number>(24).fill(value);

      it('a class map in which no pixel has a class', async () => {
        const { code, message } = await damaged(layout, 'classes', write('i4', [4, 6], filled(-1)));
        expect(code).to.equal('SAMPLE_INVALID');
        expect(message).to.match(
          /expected a class map in which at least one pixel has a class, found all void; .+/,
        );
      });

      it('a truncated file', async () => {
        for (const kind of ['image', 'classes', 'depth'] as const) {
          for (const keep of [0, 5, 50, 0.9]) {
            const { code, message } = await damaged(layout, kind, (file, bytes) =>
              truncate(file, keep < 1 ? Math.floor(bytes.length * keep) : keep),
            );
            expect(code).to.equal('SAMPLE_INVALID');
            expect(message).to.match(/expected .+, found .+; fetch or export the file again/);
          }
        }
      });

      it('another size or number of channels', async () => {
        const { message } = await damaged(layout, 'depth', write('f4', [2, 2, 1], [1, 2, 3, 4]));
        expect(message).to.match(
          new RegExp(`expected the size of its image .*, ${size} .*, found 2×2; labels`),
        );
        const grey = await damaged(layout, 'image', write('f4', [4, 6], filled(0)));
        expect(grey.message).to.match(/expected an array of shape \(height, width, 3\), found \(4, 6\)/);
      });

      it('a value outside of the map, or of a picture', async () => {
        for (const value of [19, 0.5, -2, NaN]) {
          const { code, message } = await damaged(
            layout,
            'classes',
            write('f4', [4, 6], filled(0).with(3, value)),
          );
          expect(code).to.equal('SAMPLE_INVALID');
          expect(message).to.match(/expected only class values 0–(6|12), -1, found (19|0\.5|-2|NaN); .+/);
        }
        for (const value of [200, -1, NaN]) {
          const { message } = await damaged(
            layout,
            'image',
            write('f4', [4, 6, 3], Array<number>(72).fill(value)),
          );
          expect(message).to.match(/expected a picture of numbers from 0 to 1, or of bytes \(uint8\), found/);
        }
        const { message } = await damaged(layout, 'depth', write('f4', [4, 6], filled(1).with(2, Infinity)));
        expect(message).to.match(/expected finite numbers, found Infinity; write 0/);
      });
    });
  }
});
