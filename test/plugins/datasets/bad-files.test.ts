import { chmod, cp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Dataset, MtlError, PartSpec } from '../../../core/index.js';
import { encodeNpy } from '../../../plugins/datasets/common/npy.js';
import { fixtures } from './fixtures.js';
import { failure, makeDataset } from './make.js';
import { packedPng, png16, png8, temporaryFolder } from './pictures.js';

const aachen = 'train/aachen/aachen_000000_000019';

/** A data set on a copy of good files, and where its files lie. */
interface Layout {
  readonly options: Exclude<PartSpec, string>;
  readonly image: string;
  readonly classes: string;
  readonly depth: string;
  /** What its size is in the message. */
  readonly size: string;
}

const pictures: Readonly<Record<string, Layout>> = {
  cityscapes: {
    options: { name: 'cityscapes', size: [8, 20] },
    image: `leftImg8bit/${aachen}_leftImg8bit.png`,
    classes: `gtFine/${aachen}_gtFine_labelIds.png`,
    depth: `disparity/${aachen}_disparity.png`,
    size: '8×20',
  },
  folders: {
    options: {
      name: 'folders',
      size: [8, 20],
      rgb: 'leftImg8bit/**/*.png',
      labels: { files: 'gtFine/**/*_labelIds.png', classes: 34 },
      depth: { files: 'disparity/**/*.png' },
      suffix: { rgb: '_leftImg8bit', labels: '_gtFine_labelIds', depth: '_disparity' },
      split: { train: 'train/**', val: 'val/**', test: 'test/**' },
    },
    image: `leftImg8bit/${aachen}_leftImg8bit.png`,
    classes: `gtFine/${aachen}_gtFine_labelIds.png`,
    depth: `disparity/${aachen}_disparity.png`,
    size: '8×20',
  },
};

const arrays: Readonly<Record<string, Layout>> = {
  'cityscapes-npy': {
    options: { name: 'cityscapes', size: [4, 6] },
    image: 'train/image/2.npy',
    classes: 'train/label_7/2.npy',
    depth: 'train/depth/2.npy',
    size: '4×6',
  },
  'nyuv2-npy': {
    options: { name: 'nyuv2', size: [4, 6] },
    image: 'train/image/0.npy',
    classes: 'train/label/0.npy',
    depth: 'train/depth/0.npy',
    size: '4×6',
  },
};

const layouts = { ...pictures, ...arrays };

function layoutOf(name: string): Layout {
  const layout = layouts[name];
  if (!layout) throw new Error(`no layout ${name}`);
  return layout;
}

describe('data sets: bad files', () => {
  const folder = temporaryFolder();
  let copies = 0;

  async function copy(layout: string): Promise<{ root: string; dataset: Dataset }> {
    const root = join(folder.path, String(copies++));
    await cp(join(fixtures, layout === 'folders' ? 'cityscapes' : layout), root, { recursive: true });
    return { root, dataset: makeDataset({ ...layoutOf(layout).options, root }) };
  }

  /** What opening the training split says after one file was damaged. */
  async function damaged(
    layout: string,
    kind: 'image' | 'classes' | 'depth',
    damage: (file: string, bytes: Buffer) => Promise<unknown>,
  ): Promise<MtlError> {
    const { root, dataset } = await copy(layout);
    const file = join(root, layoutOf(layout)[kind]);
    await damage(file, await readFile(file));
    const error = await failure(dataset.split('train'));
    expect(error.message).to.contain(file);
    return error;
  }

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

  for (const layout of Object.keys(layouts)) {
    describe(`${layout}: the folder`, () => {
      const files = layoutOf(layout);

      it('a missing pair', async () => {
        for (const kind of ['classes', 'depth', 'image'] as const) {
          const { root, dataset } = await copy(layout);
          await rm(join(root, files[kind]));
          const { code, message } = await failure(dataset.split('train'));
          expect(code).to.equal('DATA_INVALID');
          expect(message).to.match(/expected one file for every image, found \d files for \d images\n {2}1 /);
          expect(message).to.contain('allowMissing: true');
        }
      });

      it('links that lead back to themselves', async () => {
        for (const kind of ['classes', 'image'] as const) {
          const { root, dataset } = await copy(layout);
          const file = join(root, files[kind]);
          await rm(file);
          await symlink(file, file);
          const { code, message } = await failure(dataset.split('train'));
          expect(code).to.equal('DATA_INVALID');
          if (layout === 'folders') expect(message).to.contain('train/aachen/aachen_000000_000019');
          else
            expect(message)
              .to.contain(file)
              .and.to.match(/ELOOP.*; a symbolic link leads back to itself/);
        }
        const { root, dataset } = await copy(layout);
        await symlink(root, join(root, files.image, '..', 'around'));
        // Either it is no matter, or it is said.
        await dataset.split('train').catch((error: MtlError) => {
          expect(error.code).to.be.oneOf(['DATA_INVALID', 'SAMPLE_INVALID']);
        });
      });

      it('an empty split', async () => {
        const { root, dataset } = await copy(layout);
        for (const kind of ['image', 'classes', 'depth'] as const) {
          const tree = files[kind].split('/');
          const split = tree[0] === 'train' ? ['val', tree[1]!] : [tree[0]!, 'val'];
          await rm(join(root, ...split), { recursive: true });
        }
        const { code, message } = await failure(dataset.split('val'));
        expect(code).to.equal('DATA_INVALID');
        expect(message).to.match(/found (none|no \.npy files)/);
      });

      const isRoot = process.getuid?.() === 0;
      (isRoot ? it.skip : it)(
        `a file that may not be read${isRoot ? ' (skipped: root may read everything)' : ''}`,
        async () => {
          for (const kind of ['image', 'classes', 'depth'] as const) {
            const { code, message } = await damaged(layout, kind, (file) => chmod(file, 0));
            expect(code).to.equal('SAMPLE_INVALID');
            expect(message).to.match(/found EACCES.*; let this user read it/);
          }
        },
      );
    });
  }
});
