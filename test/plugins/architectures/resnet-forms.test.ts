import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  assembleModel,
  encodeSafetensors,
  MtlError,
  summarize,
  type Backbone,
  type Model,
  type PartSpec,
  type Task,
} from '../../../core/index.js';
import { loadTorchModel, torchModel, torchPart } from '../../../core/export/torch/index.js';
import { offers, registry } from '../../core/model/golden.js';
import { startOn } from '../../engines.js';
import { buildPeer, imageOf, setByName, taskOf } from './peers.js';

const backbone = { name: 'resnet18', width: 4 };
const mtan = { name: 'mtan', decoderChannels: 4 };
const crossStitch = { name: 'cross-stitch', decoderChannels: 4 };
const single = { name: 'single', decoderChannels: 4 };

/** What a model makes of an image. */
function predict(model: Model): Record<string, Float32Array> {
  return tf.tidy(() => {
    const { direct } = model.forward(imageOf(0), { training: false, transfer: false });
    return Object.fromEntries(
      Object.entries(direct).map(([task, value]) => [task, value.dataSync<'float32'>().slice()]),
    );
  });
}

/** Output channels of the stages, and parameters of the encoder and of decoders for 7 classes and for depth. */
const published = {
  resnet34: { stages: [64, 128, 256, 512], encoder: 21_284_672, decoders: [3_250_688, 3_249_920] },
  resnet50: { stages: [256, 512, 1024, 2048], encoder: 23_508_032, decoders: [6_568_448, 6_567_680] },
} as const;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Two 1×1 convolutions with bias and batch norm, a quarter of the channels between them. */
function maskSize(seen: number, channels: number): number {
  const hidden = channels / 4;
  return seen * hidden + hidden + 2 * hidden + hidden * channels + channels + 2 * channels;
}

/** Convolutions 1×1, 3×3 and 1×1, and the 1×1 of the shortcut, without bias; a batch norm after each. */
function bottleneckSize(inputs: number, out: number): number {
  const inner = out / 4;
  const kernels = inputs * inner + 9 * inner * inner + inner * out + inputs * out;
  return kernels + 2 * (inner + inner + out + out);
}

describe('MTAN and cross-stitch networks on ResNets', () => {
  before(() => startOn('wasm'));

  for (const [name, { stages, encoder, decoders }] of Object.entries(published)) {
    const tasks = [taskOf('segmentation', 7), taskOf('depth', 1)];
    const size = { height: 32, width: 32 };
    const count = (architecture: string) => {
      const tensors = tf.memory().numTensors;
      const model = buildPeer({ architecture, tasks, backbone: name, size });
      const counted = sum(Object.values(model.parameters).map((parameter) => parameter.size));
      const { parts, parameters } = summarize(model);
      expect(parameters).to.equal(counted);
      model.dispose();
      expect(tf.memory().numTensors, 'tensors left').to.equal(tensors);
      return { counted, parts: parts.map((part) => [part.name, part.parameters]) };
    };

    it(`${name}: parameters of MTAN for two tasks`, () => {
      const masks = stages.map((channels, at) => maskSize(at === 0 ? channels : 2 * channels, channels));
      const refined = stages.slice(1).map((out, at) => bottleneckSize(stages[at]!, out));
      const { counted, parts } = count('mtan');
      expect(parts).to.deep.equal([
        ['encoder', encoder],
        ['attention', 2 * sum(masks) + sum(refined)],
        ['decoder.segmentation', decoders[0]],
        ['decoder.depth', decoders[1]],
      ]);
      expect(counted).to.equal({ resnet34: 28_811_744, resnet50: 52_927_424 }[name]);
    });

    it(`${name}: parameters of cross-stitch networks for two tasks`, () => {
      const units = 4 * sum([64, ...stages]);
      const { counted, parts } = count('cross-stitch');
      expect(parts).to.deep.equal([
        ['encoder', 2 * encoder + units],
        ['decoder.segmentation', decoders[0]],
        ['decoder.depth', decoders[1]],
      ]);
      expect(counted).to.equal({ resnet34: 49_074_048, resnet50: 60_167_808 }[name]);
    });
  }

  it('a mask multiplies what a stage’s last block gives, and sees what that is fed', () => {
    const model = buildPeer({ architecture: mtan, backbone: { name: 'resnet34', width: 4 } });
    const { encoder, attention } = model.parts;
    // The stem's map, then both of each stage.
    expect(encoder!.outputs.map(({ sourceLayer }) => sourceLayer.name)).to.deep.equal([
      'bn1',
      ...['layer1.1.relu', 'layer1.2.relu', 'layer2.2.relu', 'layer2.3.relu'],
      ...['layer3.4.relu', 'layer3.5.relu', 'layer4.1.relu', 'layer4.2.relu'],
    ]);
    // A mask of nothing but a large negative bias of its batch norm lets nothing through.
    setByName(model);
    tf.tidy(() => {
      for (const stage of [1, 2, 3, 4]) {
        const beta = model.parameters[`attention.depth.stage${stage}.bn2.beta`]!;
        beta.assign(tf.fill(beta.shape, -1e4));
      }
      const maps = encoder!.apply(imageOf(0), { training: false }) as tf.Tensor[];
      const attended = attention!.apply(maps.slice(1), { training: false }) as tf.Tensor[];
      const largest = attended.map((map) => tf.max(tf.abs(map)).dataSync()[0]!);
      expect(attended.map(({ shape }) => shape)).to.deep.equal(
        [0, 1].flatMap(() => [2, 4, 6, 8].map((index) => maps[index]!.shape)),
      );
      expect(Math.min(...largest.slice(0, 4)), 'segmentation').to.be.above(0);
      expect(Math.max(...largest.slice(4)), 'depth').to.equal(0);
    });
    model.dispose();
  });

  for (const architecture of [mtan, crossStitch]) {
    const { name } = architecture;

    it(`${name}: takes ImageNet’s weights in every encoder`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'crosstask-'));
      const file = join(folder, 'encoder.safetensors');
      const from = buildPeer({ architecture: { name: 'shared', decoderChannels: 4 }, backbone });
      setByName(from);
      writeFileSync(file, encodeSafetensors(await torchPart(from, 'encoder')));
      const model = buildPeer({ architecture, backbone: { ...backbone, weights: file }, initialize: true });
      const names = Object.keys(model.parameters).filter(
        (parameter) => parameter.startsWith('encoder.') && !parameter.endsWith('.weights'),
      );
      const encoders = name === 'mtan' ? [''] : ['segmentation.', 'depth.'];
      const wanted = Object.entries(from.parameters).filter(([parameter]) =>
        parameter.startsWith('encoder.'),
      );
      expect(names).to.have.lengthOf(encoders.length * wanted.length);
      for (const prefix of encoders) {
        for (const [parameter, value] of wanted) {
          const own = parameter.replace('encoder.', `encoder.${prefix}`);
          expect(model.parameters[own]!.dataSync(), own).to.deep.equal(value.dataSync());
        }
      }
      from.dispose();
      model.dispose();
      rmSync(folder, { recursive: true });
    });

    it(`${name}: a pooled head for a prediction per image`, () => {
      const tasks = [taskOf('depth', 1), { ...taskOf('weather', 6), pooled: true } as Task];
      const model = buildPeer({ architecture, backbone, tasks, initialize: true });
      const sizes = Object.fromEntries(summarize(model).parts.map((part) => [part.name, part.parameters]));
      expect(sizes['decoder.weather']).to.equal(32 * 6 + 6);
      const { weather, depth } = predict(model);
      expect([weather!.length, depth!.length]).to.deep.equal([2 * 6, 2 * 32 * 64]);
      model.dispose();
    });

    it(`${name}: says what it needs of image and backbone`, () => {
      expect(() => buildPeer({ architecture, backbone, size: { height: 48, width: 64 } }))
        .to.throw(MtlError, 'dataset.size: expected height and width that are multiples of 32 for a ResNet')
        .with.property('code', 'SHAPE_MISMATCH');
      expect(() => buildPeer({ architecture, backbone: 'segnet' }))
        .to.throw(
          MtlError,
          /architecture\.decoderChannels: expected it to be absent .*, found 4; leave it out/,
        )
        .with.property('code', 'CONFIG_INVALID');
      const context = { tasks: [taskOf('depth', 1)], size: { height: 32, width: 32 }, seed: 0 };
      const whole = { channels: [4], strides: [2], build: () => tf.sequential() } satisfies Backbone;
      const built = registry.create('architecture', name, offers());
      expect(() => assembleModel({ ...context, architecture: built, backbone: whole, initialize: false }))
        .to.throw(
          MtlError,
          `backbone: expected one in stages or sections for the architecture ${name}, found one of a piece`,
        )
        .with.property('code', 'CONFIG_INVALID');
    });
  }

  describe('cross-stitch networks from trained single ones', () => {
    const build = (architecture: PartSpec): Model => buildPeer({ architecture, backbone, initialize: true });
    let folder: string;
    let networks: Model;
    let file: string;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'crosstask-'));
      file = join(folder, 'single.safetensors');
      networks = build(single);
      setByName(networks);
      writeFileSync(file, encodeSafetensors(await torchModel(networks)));
    });
    after(() => {
      networks.dispose();
      rmSync(folder, { recursive: true });
    });

    it('predict the same where nothing is mixed', () => {
      const apart = build({ ...crossStitch, own: 1, other: 0 });
      loadTorchModel(apart, file);
      expect(predict(apart)).to.deep.equal(predict(networks));
      apart.dispose();
      const mixed = build(crossStitch);
      loadTorchModel(mixed, file);
      expect(predict(mixed)).to.not.deep.equal(predict(networks));
      mixed.dispose();
    });

    it('keep their units’ start, which such a file lacks; other weights have to be in it', () => {
      const model = build({ ...crossStitch, unit: 'scalar' });
      loadTorchModel(model, file);
      const units = Object.entries(model.parameters).filter(([name]) => name.includes('stitch'));
      expect(units.map(([name]) => name)).to.deep.equal(
        [1, 2, 3, 4, 5].map((level) => `encoder.stitch${level}.weights`),
      );
      const start = Float32Array.of(0.9, 0.1, 0.1, 0.9);
      for (const [name, weights] of units) expect(weights.dataSync(), name).to.deep.equal(start);
      model.dispose();
      const other = build(mtan);
      expect(() => {
        loadTorchModel(other, file);
      })
        .to.throw(MtlError, /encoder\.conv1\.weight: missing/)
        .with.property('code', 'WEIGHTS_INVALID');
      other.dispose();
    });

    it('take their own units from a file that has them', async () => {
      const [model, again] = [build(crossStitch), build(crossStitch)];
      setByName(model);
      writeFileSync(join(folder, 'own.safetensors'), encodeSafetensors(await torchModel(model)));
      loadTorchModel(again, join(folder, 'own.safetensors'));
      for (const [name, weights] of Object.entries(model.parameters))
        expect(again.parameters[name]!.dataSync(), name).to.deep.equal(weights.dataSync());
      model.dispose();
      again.dispose();
    });
  });
});
