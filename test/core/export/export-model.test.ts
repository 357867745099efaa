import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  exportModel,
  imageMean,
  imageStd,
  loadRunConfig,
  openModel,
  predictImages,
  RunFolder,
  train,
  type ExportedModel,
  type ExportMetadata,
  type ExportModelOptions,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { failureOf } from '../fakes.js';
import { load } from '../run/tiny.js';
import { furthest } from './networks.js';

type Options = Partial<ExportModelOptions>;

describe('exportModel, tfjs', () => {
  let path = '';
  let run = '';
  before(async () => {
    path = mkdtempSync(join(tmpdir(), 'export-'));
    run = join(path, 'run');
    await train(await load(), { folder: run });
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  /** Exports from a run whose data cannot be made any more. */
  async function exported(options: Options = {}): Promise<ExportedModel> {
    const loaded = await loadRunConfig(run, [builtin]);
    const config = { ...loaded.config, dataset: { name: 'folders', root: join(path, 'gone') } };
    return exportModel({ ...loaded, config }, { folder: run, format: 'tfjs', ...options });
  }

  async function expectFailure(options: Options, code: string, says: RegExp): Promise<void> {
    const error = await failureOf(() => exported(options));
    expect(error.code).to.equal(code);
    expect(error.message).to.match(says);
  }

  it('writes a folder that any TensorFlow.js program loads, and that predicts what the run’s model does', async () => {
    const out = join(path, 'new', 'model');
    const { files, outputs, difference } = await exported({ out });
    expect(files.map(({ file }) => file)).to.deep.equal([join(out, 'model.json'), join(out, 'weights.bin')]);
    for (const { file, bytes } of files) expect(statSync(file).size).to.equal(bytes);
    expect(outputs).to.deep.equal(['segmentation', 'depth', 'segmentation.decoded', 'depth.decoded']);
    expect(difference).to.be.within(0, 1e-4);

    const loaded = await loadFolder(out);
    expect(loaded.inputs.map(({ name, shape }) => [name, shape])).to.deep.equal([['image', [-1, 32, 32, 3]]]);
    const trained = await openModel(await loadRunConfig(run, [builtin]), { folder: run });
    const values = Float32Array.from({ length: 2 * 32 * 32 * 3 }, (_, at) => Math.sin(at * 0.37));
    const shape: [number, number, number, 3] = [2, 32, 32, 3];
    const wanted = await predictImages(trained.model, { image: values, shape }, { transfer: false });
    const image = tf.tensor4d(values, shape);
    const found = loaded.predict({ image }) as tf.NamedTensorMap;
    for (const name of ['segmentation', 'depth']) {
      const all = wanted.flatMap(({ direct }) => [...direct[name]!.data]);
      const decoded = found[`${name}.decoded`]!;
      expect(decoded.dtype).to.equal(name === 'depth' ? 'float32' : 'int32');
      expect(furthest(decoded.dataSync(), all), name).to.be.at.most(1e-4);
    }
    tf.dispose([image, found]);
    loaded.dispose();
    trained.dispose();
  });

  it('says how the image is prepared and what each output means', async () => {
    const out = join(path, 'metadata');
    await exported({ out, transfer: true });
    const { data } = new RunFolder(run).readConfig();
    const loaded = await loadFolder(out);
    const { crosstask } = loaded.metadata as { crosstask: ExportMetadata };
    expect(crosstask).to.deep.equal({
      version: 1,
      input: { name: 'image', height: 32, width: 32, mean: imageMean, std: imageStd },
      tasks: {
        segmentation: {
          kind: 'classification',
          pooled: false,
          prediction: 'segmentation',
          decoded: 'segmentation.decoded',
          info: data.labels.segmentation,
        },
        depth: {
          kind: 'regression',
          pooled: false,
          prediction: 'depth',
          decoded: 'depth.decoded',
          info: data.labels.depth,
        },
      },
      transferred: [
        { from: 'segmentation', to: 'depth', output: 'transfer.segmentation-depth' },
        { from: 'depth', to: 'segmentation', output: 'transfer.depth-segmentation' },
      ],
    });
    expect(loaded.outputs.map(({ name }) => name)).to.include('transfer.depth-segmentation');
    loaded.dispose();
  });

  it('takes the last model where asked to, and kernels of half precision in about half the bytes', async () => {
    const [best, last, half] = [join(path, 'best'), join(path, 'last'), join(path, 'half')];
    await exported({ out: best });
    await exported({ out: last, checkpoint: 'last' });
    await exported({ out: half, quantize: 'float16' });
    const weights = (folder: string): Buffer => readFileSync(join(folder, 'weights.bin'));
    const isSame = readFileSync(new RunFolder(run).best).equals(readFileSync(new RunFolder(run).last));
    expect(weights(best).equals(weights(last))).to.equal(isSame);
    expect(weights(half).length).to.be.below(0.65 * weights(best).length);
  });

  it('goes into the run’s folder where no place is named', async () => {
    const { files } = await exported();
    expect(files[0]!.file).to.equal(join(run, 'tfjs', 'model.json'));
  });

  it('refuses a place where something is, and leaves that as it is', async () => {
    const out = join(path, 'occupied');
    mkdirSync(out);
    writeFileSync(join(out, 'note.txt'), 'mine');
    await expectFailure(
      { out },
      'RUN_INVALID',
      /the folder to export to: expected a new or empty one, found 1 entr/,
    );
    const file = join(out, 'note.txt');
    await expectFailure(
      { out: file },
      'RUN_INVALID',
      /--out: expected a new or empty folder, found the file/,
    );
    await expectFailure(
      { out: file, format: 'safetensors' },
      'RUN_INVALID',
      /--out: expected a new file, found the file/,
    );
    expect(readFileSync(file, 'utf8')).to.equal('mine');
    expect(existsSync(join(out, 'model.json'))).to.equal(false);
  });

  it('refuses what belongs to the other format', async () => {
    const out = join(path, 'none');
    await expectFailure(
      { out, part: 'encoder' },
      'CONFIG_INVALID',
      /--part: expected --format safetensors, found --format tfjs/,
    );
    for (const options of [{ transfer: true }, { quantize: 'float16' }] as const) {
      const says = new RegExp(`--${Object.keys(options)[0]}: expected --format tfjs`);
      await expectFailure({ ...options, format: 'safetensors', out }, 'CONFIG_INVALID', says);
    }
    expect(existsSync(out)).to.equal(false);
  });

  it('refuses a folder without a run, and a run without the model', async () => {
    const nowhere = await failureOf(() => loadRunConfig(join(path, 'nowhere'), [builtin]));
    expect(nowhere.message).to.match(/the run: expected the folder of a run, found no folder/);
    const { best } = new RunFolder(run);
    const kept = readFileSync(best);
    rmSync(best);
    const out = join(path, 'none');
    await expectFailure({ out }, 'CHECKPOINT_INVALID', /there is no such file/);
    writeFileSync(best, kept);
    expect(existsSync(out)).to.equal(false);
  });
});

/** As a program reads it that knows TensorFlow.js alone. */
function loadFolder(folder: string): Promise<tf.GraphModel> {
  const { weightsManifest, ...rest } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as {
    weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
    modelTopology: object;
  };
  const bytes = Buffer.concat(
    weightsManifest.flatMap(({ paths }) => paths.map((name) => readFileSync(join(folder, name)))),
  );
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  return tf.loadGraphModel(tf.io.fromMemory({ ...rest, weightSpecs, weightData }));
}
