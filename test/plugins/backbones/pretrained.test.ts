import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  encodeSafetensors,
  MtlError,
  namedWeights,
  Registry,
  RunContainer,
  tokens,
  type HostTensor,
} from '../../../core/index.js';
import { resnets } from '../../../plugins/backbones/index.js';
import { loadPretrained } from '../../../plugins/backbones/resnet/pretrained.js';
import { startOn } from '../../engines.js';
import { hashed } from '../../oracles/values.js';

const registry = new Registry([{ name: 'backbones', backbones: resnets }]);
const size = { height: 32, width: 32 };
const width = 2;

type State = Map<string, HostTensor>;

function f32(name: string, shape: readonly number[]): HostTensor {
  return { dtype: 'F32', shape, data: hashed(name, shape, 1) };
}

/** [out, in, size] of every convolution of a ResNet 18 of this width, by torchvision's name; its batch norm's name. */
function convolutions(): [conv: string, norm: string, shape: [number, number, number]][] {
  const found: ReturnType<typeof convolutions> = [['conv1', 'bn1', [width, 3, 7]]];
  for (let stage = 0; stage < 4; stage++) {
    const out = width * 2 ** stage;
    for (const block of [0, 1]) {
      const name = `layer${stage + 1}.${block}`;
      const input = block === 0 && stage > 0 ? out / 2 : out;
      found.push(
        [`${name}.conv1`, `${name}.bn1`, [out, input, 3]],
        [`${name}.conv2`, `${name}.bn2`, [out, out, 3]],
      );
      if (input !== out) found.push([`${name}.downsample.0`, `${name}.downsample.1`, [out, input, 1]]);
    }
  }
  return found;
}

/** A torchvision ResNet 18's state_dict, with its classifier and its batch norms' counters. */
function stateDict(): State {
  const state: State = new Map();
  for (const [conv, norm, [out, input, kernel]] of convolutions()) {
    state.set(`${conv}.weight`, f32(`${conv}.weight`, [out, input, kernel, kernel]));
    for (const suffix of ['weight', 'bias', 'running_mean', 'running_var']) {
      state.set(`${norm}.${suffix}`, f32(`${norm}.${suffix}`, [out]));
    }
    state.set(`${norm}.num_batches_tracked`, { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) });
  }
  state.set('fc.weight', f32('fc.weight', [10, 8 * width]));
  state.set('fc.bias', f32('fc.bias', [10]));
  return state;
}

describe('pretrained weights of a ResNet', () => {
  let folder: string;

  before(async () => {
    await startOn('wasm');
    folder = mkdtempSync(join(tmpdir(), 'pretrained-'));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  function write(state: State): void {
    writeFileSync(
      join(folder, 'resnet18.safetensors'),
      encodeSafetensors({ tensors: state, metadata: { format: 'pt' } }),
    );
  }

  /** The encoder's weights by name, after it was built from the file. */
  function load(): Record<string, { shape: number[]; data: tf.TypedArray }> {
    const deps = new RunContainer().provide(tokens.baseFolder, folder);
    const backbone = registry.create(
      'backbone',
      { name: 'resnet18', width, weights: 'resnet18.safetensors' },
      deps,
    );
    const model = backbone.build({ size, name: 'encoder', seed: 0, initialize: true });
    const weights = namedWeights('encoder', model).map(([name, weight]) => {
      const value = weight.read();
      return [name, { shape: value.shape, data: value.dataSync().slice() }] as const;
    });
    model.dispose();
    return Object.fromEntries(weights);
  }

  function expectRefused(state: State, ...lines: readonly string[]): void {
    write(state);
    try {
      load();
    } catch (error) {
      expect(error).to.be.instanceOf(MtlError).and.to.have.property('code', 'WEIGHTS_INVALID');
      const message = (error as Error).message.split('\n');
      expect(message[0])
        .to.include(join(folder, 'resnet18.safetensors'))
        .and.to.include(`${lines.length} differences`);
      expect(message.slice(1)).to.have.members(lines.map((line) => `  ${line}`));
      return;
    }
    expect.fail('the weights were taken');
  }

  it('go to the variables of the same name, kernels turned into our layout', () => {
    const state = stateDict();
    write(state);
    const weights = load();
    const ours: Readonly<Record<string, string>> = {
      weight: 'gamma',
      bias: 'beta',
      running_mean: 'movingMean',
      running_var: 'movingVariance',
    };
    for (const [conv, norm, [out, input, kernel]] of convolutions()) {
      const { shape, data } = weights[`encoder.${conv}.kernel`]!;
      expect(shape, conv).to.deep.equal([kernel, kernel, input, out]);
      const given = state.get(`${conv}.weight`)!.data;
      data.forEach((value, place) => {
        const [o, i] = [place % out, Math.floor(place / out) % input];
        const pixel = Math.floor(place / (out * input));
        expect(value).to.equal(given[(o * input + i) * kernel * kernel + pixel]);
      });
      for (const [suffix, name] of Object.entries(ours)) {
        expect(weights[`encoder.${norm}.${name}`]!.data, norm).to.deep.equal(
          state.get(`${norm}.${suffix}`)!.data,
        );
      }
    }
    expect(Object.keys(weights)).to.have.lengthOf(convolutions().length * 5);
  });

  it('are refused with every difference named: missing, unknown, misshapen, not float32', () => {
    const state = stateDict();
    state.delete('layer1.0.bn2.running_var');
    state.set('layer1.0.conv1.bias', f32('odd', [2]));
    state.set('conv1.weight', f32('turned', [7, 7, 3, width]));
    state.set('bn1.weight', { dtype: 'F16', shape: [width], data: new Uint16Array(width) });
    expectRefused(
      state,
      'layer1.0.bn2.running_var: missing',
      'layer1.0.conv1.bias: not a weight of this encoder',
      `conv1.weight: expected shape [${width},3,7,7], found [7,7,3,${width}]`,
      'bn1.weight: expected dtype F32, found F16',
    );
  });

  it('are all left where one of them does not fit', () => {
    const state = stateDict();
    state.delete('layer4.1.conv2.weight');
    write(state);
    const backbone = registry.create('backbone', { name: 'resnet18', width }, new RunContainer());
    const model = backbone.build({ size, name: 'encoder', seed: 0, initialize: true });
    const values = () => model.getWeights().map((weight) => weight.dataSync().slice());
    const before = values();
    const file = join(folder, 'resnet18.safetensors');
    expect(() => loadPretrained(model, '', file)).to.throw(/layer4\.1\.conv2\.weight: missing/);
    expect(values()).to.deep.equal(before);
    model.dispose();
  });

  it('are not looked at where the values are about to be overwritten', () => {
    const deps = new RunContainer().provide(tokens.baseFolder, folder);
    const backbone = registry.create(
      'backbone',
      { name: 'resnet18', width, weights: 'absent.safetensors' },
      deps,
    );
    const model = backbone.build({ size, name: 'encoder', seed: 0, initialize: false });
    model.dispose();
    expect(() => backbone.build({ size, name: 'encoder', seed: 0, initialize: true }))
      .to.throw(/cannot read .*absent\.safetensors/)
      .with.property('code', 'WEIGHTS_INVALID');
  });
});
