import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { expect } from 'chai';
import type { Dataset, Sample } from '../../core/index.js';
import { exporters } from '../../plugins/datasets/index.js';
import { ExportFolder } from '../../plugins/datasets/common/export/folder.js';
import { exportTo } from '../plugins/datasets/make.js';
import { temporaryFolder } from '../plugins/datasets/pictures.js';

const size = { height: 8, width: 8 };
const count = size.height * size.width;

/** A data set whose samples are named by somebody who means harm. */
function named(id: string): Dataset {
  const sample: Sample = {
    ...size,
    id,
    image: { ...size, channels: 3, data: new Uint8Array(count * 3).fill(9) },
    labels: {
      segmentation: { ...size, channels: 1, data: new Uint8Array(count) },
      depth: { ...size, channels: 1, data: new Float32Array(count).fill(2) },
    },
  };
  return {
    size,
    labels: {
      segmentation: { kind: 'classes', names: ['a', 'b'], colors: [[0, 0, 0], [1, 1, 1]], void: 255 },
      depth: { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 10] },
    },
    split: () => Promise.resolve({ length: 1, sample: () => Promise.resolve(sample) }),
  };
} // prettier-ignore

describe('names from data', () => {
  const folder = temporaryFolder();
  const ids = [
    '../../escaped',
    '/tmp/escaped',
    '..\\escaped',
    'C:\\escaped',
    'a\0b',
    '.',
    '',
    'x/../../../y',
    '__proto__',
  ];

  for (const name of Object.keys(exporters) as (keyof typeof exporters)[]) {
    it(`lead to no file outside of the folder: ${name}`, async () => {
      for (const [index, id] of ids.entries()) {
        const above = join(folder.path, `${name}-${index}`);
        const root = join(above, 'out');
        await mkdir(root, { recursive: true });
        await exportTo(name, named(id), ['train', 'val'], root);
        expect(readdirSync(above)).to.deep.equal(['out']);
        const written = readdirSync(root, { recursive: true, encoding: 'utf8' });
        expect(written).to.not.be.empty;
        for (const path of written)
          expect(path)
            .to.match(/^[\w.-]+(?:[/\\][\w.-]+)*$/)
            .and.to.not.contain('escaped');
      }
    });
  }

  it('are refused by the folder itself where they would', () => {
    const root = join(folder.path, 'inner');
    const out = new ExportFolder(root);
    for (const path of ['../x', 'a/../../x', '..', '/etc/x', `${root}-beside/x`, 'a\0b', '.', ''])
      expect(() => out.write(path, new Uint8Array(1)), path).to.throw(
        /lies outside of it|is no name of a file/,
      );
    expect(existsSync(root)).to.be.false;
    expect(existsSync(`${root}-beside`)).to.be.false;
    for (const path of ['x', 'a/b', 'a/../b', '..x', `${root}${sep}y`])
      expect(out.place(path)).to.contain(`${root}${sep}`);
  });
});
