import { chmod, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { MtlError } from '../../../core/index.js';
import { copiesToDamage, layoutOf, layouts } from './damage.js';
import { failure } from './make.js';

describe('data sets: bad folders', () => {
  const { copy, damaged } = copiesToDamage();

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
