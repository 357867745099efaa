import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { expectOneError, filesIn, mtlHere, oneThread, workFolder, write } from './mtl.js';

/** Settings on top of a starter config that make it as small as `tiny`. */
const shrunk = [
  'backbone.width=4',
  'architecture.decoderChannels=4',
  'consistency.transferNet.channels=4',
  'train.epochs=1',
  'train.batchSize=4',
]
  .flatMap((override) => ['--set', override])
  .concat(oneThread);

describe('mtl init', () => {
  const work = workFolder();

  it('writes a config that trains', async () => {
    const folder = join(work.path, 'scenes');
    write(folder, 'notes.txt', '');
    const { code, stdout } = await mtlHere(['init'], folder);
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'Wrote mtl.config.yaml. Next: mtl train\n' });
    const sizes = ['size=[32,64]', 'train=8', 'val=4', 'test=4'].flatMap((size) => [
      '--set',
      `dataset.${size}`,
    ]);
    const trained = await mtlHere(['train', ...shrunk, ...sizes], folder);
    expect(trained.stderr).to.equal('');
    expect(trained.code).to.equal(0);
    const [run, ...others] = [...new Set(filesIn(join(folder, 'runs')).map((file) => file.split('/')[0]))];
    expect(run).to.match(/^mtl-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/);
    expect(others).to.deep.equal([]);
  });

  it('replaces nothing unless it is told to', async () => {
    const folder = join(work.path, 'mine');
    const file = write(folder, 'mtl.config.yaml', 'mine');
    const { code, stderr } = await mtlHere(['init'], folder);
    expect(code).to.equal(2);
    expectOneError(
      stderr,
      folder,
      /mtl\.config\.yaml: expected no such file yet, found one; replace it with --force/,
    );
    expect(readFileSync(file, 'utf8')).to.equal('mine');
    expect((await mtlHere(['init', '--force', '--json'], folder)).stdout).to.equal(
      '{"file":"mtl.config.yaml"}\n',
    );
    expect(readFileSync(file, 'utf8')).to.match(/^extends: xtasc-net/m);
  });

  it('writes one for folders of images, whose only fault is that they are not there', async () => {
    const folder = join(work.path, 'folders');
    write(folder, 'notes.txt', '');
    expect(await mtlHere(['init', '--data', 'folders'], folder)).to.include({ code: 0 });
    const { code, stderr } = await mtlHere(['train', ...shrunk], folder);
    expect(code).to.equal(1);
    expectOneError(stderr, folder, /dataset\.root: expected a folder, found no folder at FOLDER\/data;/);
    expect(filesIn(folder)).to.deep.equal(['mtl.config.yaml', 'notes.txt']);
  });
});
