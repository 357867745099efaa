import { truncate, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { copiesToDamage, pictures } from './damage.js';
import { packedPng, png16, png8 } from './pictures.js';

describe('data sets: bad pictures', () => {
  const { damaged } = copiesToDamage();

  for (const [layout, { size }] of Object.entries(pictures)) {
    describe(layout, () => {
      const count = 8 * 20;
      const filled = (value: number): number[] => Array<number>(count).fill(value);

      it('a class map in which no pixel has a class', async () => {
        // In Cityscapes, 255 is a licence plate, and so a vehicle; 3 is out of the region of interest.
        const none = layout === 'cityscapes' ? 3 : 255;
        const { code, message } = await damaged(layout, 'classes', async (file) =>
          writeFile(file, await png8(20, 1, filled(none))),
        );
        expect(code).to.equal('SAMPLE_INVALID');
        expect(message).to.match(
          /expected a class map in which at least one pixel has a class, found all void; .+/,
        );
      });

      it('a truncated PNG', async () => {
        for (const kind of ['image', 'classes', 'depth'] as const) {
          const { code, message } = await damaged(layout, kind, (file, bytes) =>
            truncate(file, Math.floor(bytes.length * 0.6)),
          );
          expect(code).to.equal('SAMPLE_INVALID');
          expect(message).to.match(/expected a readable picture, found .+; fetch or export the file again/);
        }
      });

      it('a wrong bit depth', async () => {
        const shallow = await damaged(layout, 'depth', async (file) =>
          writeFile(file, await png8(20, 1, filled(9))),
        );
        expect(shallow.code).to.equal('SAMPLE_INVALID');
        expect(shallow.message).to.match(/expected a .*picture.* of 16 bits, found 8 bits; /);
        if (layout !== 'cityscapes') return;
        const deep = await damaged(layout, 'classes', async (file) =>
          writeFile(file, await png16(20, 1, filled(9))),
        );
        expect(deep.message).to.match(
          /expected a picture of label ids of 8 bits, found 16 bits; take the files/,
        );
      });

      it('a colour picture in the place of ids', async () => {
        const { message } = await damaged(layout, 'classes', async (file) =>
          writeFile(file, await png8(20, 3, Array<number>(count * 3).fill(9))),
        );
        expect(message).to.match(/expected a picture with one channel, found 3 channels; .+/);
      });

      it('another size', async () => {
        for (const kind of ['classes', 'depth'] as const) {
          const { code, message } = await damaged(layout, kind, async (file) =>
            writeFile(
              file,
              kind === 'depth'
                ? await png16(2, 1, [1, 2, 3, 4])
                : packedPng(8, 0, [
                    [1, 2],
                    [3, 4],
                  ]),
            ),
          );
          expect(code).to.equal('SAMPLE_INVALID');
          expect(message).to.match(
            new RegExp(
              `expected the size of its image .*_leftImg8bit\\.png, ${size} .*, found 2×2; labels must lie`,
            ),
          );
        }
      });

      it('a value outside of the map', async () => {
        const { code, message } = await damaged(layout, 'classes', async (file) =>
          writeFile(file, await png8(20, 1, filled(7).with(11, 77))),
        );
        expect(code).to.equal('SAMPLE_INVALID');
        expect(message).to.match(/expected only class values 0–33, 255, found 77; .+/);
      });
    });
  }
});
