import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ExportedModel } from '../../core/index.js';
import { train } from '../../core/index.js';
import { load } from '../core/run/tiny.js';
import { expectOneError, mtlHere, workFolder } from './mtl.js';

describe('mtl export', () => {
  const folder = workFolder();
  before(async () => {
    await train(await load('train.epochs=1'), { folder: join(folder.path, 'run') });
  });

  const run = (...args: string[]) => mtlHere(['export', 'run', ...args], folder.path);

  it('writes a folder for TensorFlow.js and says what it gives and how close it is', async () => {
    const { code, stdout } = await run('--format', 'tfjs', '--out', 'model', '--quantize', 'float16');
    expect(code).to.equal(0);
    expect(stdout).to.match(
      /Exported as tfjs\. Its outputs segmentation, depth, segmentation\.decoded, depth\.decoded are the run’s, to \d/,
    );
    expect(stdout).to.match(/model\.json, \d.* MiB .*model\.json\nweights\.bin, \d.* MiB .*weights\.bin\n/);
    expect(existsSync(join(folder.path, 'model', 'model.json'))).to.equal(true);
  });

  it('writes a file for PyTorch, and says so as JSON', async () => {
    const { code, stdout } = await run(
      '--format',
      'safetensors',
      '--out',
      'encoder.safetensors',
      '--part',
      'encoder',
      '--json',
    );
    expect(code).to.equal(0);
    const { format, files } = JSON.parse(stdout) as ExportedModel;
    expect(format).to.equal('safetensors');
    expect(files).to.have.lengthOf(1);
    expect(existsSync(files[0]!.file)).to.equal(true);
  });

  it('fails with one message: no such run, a place that is taken, an option of the other format', async () => {
    const absent = await mtlHere(['export', 'absent', '--format', 'tfjs'], folder.path);
    expect(absent.code).to.equal(1);
    expectOneError(absent.stderr, folder.path, /the run: expected the folder of a run, found no folder/);
    const taken = await run('--format', 'tfjs', '--out', 'run');
    expect(taken.code).to.equal(1);
    expectOneError(
      taken.stderr,
      folder.path,
      /the folder to export to: expected a new or empty one, found \d entries/,
    );
    const odd = await run('--format', 'safetensors', '--transfer');
    expect(odd.code).to.equal(2);
    expectOneError(odd.stderr, folder.path, /--transfer: expected --format tfjs, found --format safetensors/);
    const unknown = await run('--format', 'onnx');
    expect(unknown.code).to.equal(2);
    expect(unknown.stderr).to.match(/Expected --format=onnx to be one of: tfjs, safetensors/);
  });
});
