import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  encodeSafetensors,
  exportModel,
  loadRunConfig,
  openSession,
  parseSafetensors,
  readCheckpoint,
  RunFolder,
  train,
  type HostTensor,
  type Safetensors,
} from '../../../core/index.js';
import { torchModel } from '../../../core/export/torch/index.js';
import { builtin } from '../../../plugins/index.js';
import { startOn } from '../../engines.js';
import { readJson } from '../../oracles/values.js';
import { repositoryRoot } from '../../repository.js';
import { failureOf } from '../fakes.js';
import { load } from '../run/tiny.js';
import { buildNetwork, type NetworkOptions } from './networks.js';

const golden = readJson('exported.json') as {
  readonly weights: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
};

const cases: Readonly<Record<string, NetworkOptions>> = {
  shared: {},
  single: { architecture: { name: 'single', decoderChannels: 4 }, transfer: false },
  resnet50: { backbone: 'resnet50' },
};

const script = join(repositoryRoot(), 'test', 'oracles', 'exported.py');
/** Debian's is not always the first on the path. */
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import torch, numpy']).status === 0,
);

describe('exportModel, safetensors', () => {
  let path = '';
  let run = '';
  before(async () => {
    await startOn('wasm');
    path = mkdtempSync(join(tmpdir(), 'export-torch-'));
    run = join(path, 'run');
    await train(await load('train.epochs=1'), { folder: run });
  });
  after(() => rmSync(path, { recursive: true, force: true }));

  for (const [name, options] of Object.entries(cases)) {
    it(`${name}: has PyTorch’s names and shapes`, async () => {
      const model = buildNetwork(options);
      const { tensors, metadata } = await torchModel(model);
      model.dispose();
      const shapes = Object.fromEntries([...tensors].map(([key, { shape }]) => [key, shape]));
      expect(shapes).to.deep.equal(golden.weights[name]);
      expect(metadata).to.deep.equal({ format: 'pt' });
    });
  }

  const says = python ? '' : ' (skipped: no python3 with torch)';
  (python ? it : it.skip)(`PyTorch loads it strictly, every number in its place${says}`, async () => {
    const file = join(path, 'for-pytorch.safetensors');
    const model = buildNetwork();
    writeFileSync(file, encodeSafetensors(await torchModel(model)));
    model.dispose();
    const { stdout, stderr } = spawnSync(python!, [script, 'shared', file], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    expect(stderr).to.equal('');
    const found = JSON.parse(stdout) as { weights: number; furthest: number };
    expect(found.weights).to.equal(Object.keys(golden.weights.shared!).length);
    // Both start from the same hashed float32, √(6/fan-in) of kernels in float64 there.
    expect(found.furthest).to.be.below(1e-6);
  });

  async function exported(name: string, part?: string): Promise<string> {
    const out = join(path, name);
    const loaded = await loadRunConfig(run, [builtin]);
    await exportModel(loaded, { folder: run, format: 'safetensors', out, part });
    return out;
  }

  async function weightsWith(...overrides: string[]): Promise<Safetensors> {
    const session = await openSession(await load(...overrides), { initialize: true });
    const content = await torchModel(session.model);
    session.dispose();
    return content;
  }

  it('a training that starts from it starts with the same weights, to the bit', async () => {
    const file = await exported('whole.safetensors');
    const again = await weightsWith(`init=${file}`);
    expect(encodeSafetensors(again).equals(readFileSync(file))).to.equal(true);
    expect(encodeSafetensors(await weightsWith()).equals(readFileSync(file))).to.equal(false);
    const saved = readCheckpoint(new RunFolder(run).best).model!.tensors;
    const session = await openSession(await load(`init=${file}`), { initialize: true });
    for (const [name, tensor] of Object.entries(session.model.state.tensors))
      expect(tensor.dataSync(), name).to.deep.equal(saved[name]!.data);
    session.dispose();
  });

  it('and goes on from there: it resumes, though the file is gone by then', async () => {
    const file = await exported('start.safetensors');
    const folder = join(path, 'second');
    const config = await load(`init=${file}`, 'train.epochs=1');
    await train(config, { folder });
    rmSync(file);
    await train(await load(`init=${file}`, 'train.epochs=2'), { folder, resume: true });
    expect(readCheckpoint(new RunFolder(folder).last).progress!.values.epoch).to.equal(2);
  });

  it('its encoder is what backbone.weights takes, to the bit', async () => {
    const file = await exported('encoder.safetensors', 'encoder');
    const { tensors } = parseSafetensors(readFileSync(file));
    expect([...tensors.keys()]).to.include.members(['conv1.weight', 'layer1.0.bn1.running_mean']);
    const { tensors: all } = await weightsWith(`backbone.weights=${file}`);
    for (const [name, tensor] of tensors)
      expect(all.get(`encoder.${name}`)!.data, name).to.deep.equal(tensor.data);
    const error = await failureOf(() => exported('none', 'encoders'));
    expect(error.message).to.match(
      /--part: expected one of the model's parts, encoder, decoder\.segmentation, .*found "encoders"/,
    );
  });

  it('a file that does not fit is refused, with every difference', async () => {
    const file = await exported('broken.safetensors');
    const { tensors, metadata } = parseSafetensors(readFileSync(file));
    const changed = new Map<string, HostTensor>(tensors);
    changed.delete('decoder.depth.head.weight');
    changed.set('decoder.edges.head.weight', tensors.get('decoder.depth.head.weight')!);
    writeFileSync(file, encodeSafetensors({ tensors: changed, metadata }));
    const error = await failureOf(() => weightsWith(`init=${file}`));
    expect(error.code).to.equal('WEIGHTS_INVALID');
    expect(error.message.split('\n').slice(1)).to.deep.equal([
      '  decoder.depth.head.weight: missing',
      '  decoder.edges.head.weight: not a weight of this model',
    ]);
    const absent = await failureOf(() => weightsWith(`init=${join(path, 'absent')}`));
    expect(absent.message).to.match(
      /^init: expected a \.safetensors file with PyTorch's names, cannot read .*absent/,
    );
  });
});
