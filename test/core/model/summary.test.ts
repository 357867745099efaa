import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  assembleModel,
  Registry,
  RunContainer,
  summarize,
  tokens,
  type ModelSummary,
  type Task,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';

const registry = new Registry([builtin]);
const deps = new RunContainer().provide(tokens.registry, registry).provide(tokens.seed, 0);
const depth = { name: 'depth', channels: 1, transfer: {} } as Task;
const segmentation = (classes: number): Task =>
  ({ name: 'segmentation', channels: classes, transfer: {} }) as Task;

interface Size {
  readonly height: number;
  readonly width: number;
}

/** What a model of full width has; its parameters stay 0, which is all that counting needs. */
function measure(
  encoder: number,
  architecture: 'shared' | 'single',
  tasks: readonly Task[],
  transfer: boolean,
  size: Size = { height: 32, width: 32 },
): ModelSummary {
  const before = tf.memory().numTensors;
  const model = assembleModel({
    tasks,
    architecture: registry.create('architecture', architecture, deps),
    backbone: registry.create('backbone', `resnet${encoder}`, deps),
    transfer: transfer ? { net: registry.create('transferNet', 'ttnet', deps), edges: 'all' } : undefined,
    size,
    seed: 0,
    initialize: false,
  });
  const summary = summarize(model);
  const counted = Object.values(model.parameters).reduce((total, { size: own }) => total + own, 0);
  expect(counted, 'parameters of the model itself').to.equal(summary.parameters);
  model.dispose();
  expect(tf.memory().numTensors, 'tensors left').to.equal(before);
  return summary;
}

function byPart({ parts }: ModelSummary, key: 'parameters' | 'macs'): Record<string, number> {
  return Object.fromEntries(parts.map((part) => [part.name, part[key]]));
}

/** [encoder, classes] → XTasC-Net, Base MT-Net, encoder, decoders, transfer nets (segmentation's first) */
const sizes = [
  [18, 7, 21_445_184, 17_677_120, 11_176_512, [3_250_688, 3_249_920], [1_885_568, 1_882_496]],
  [34, 7, 31_553_344, 27_785_280, 21_284_672, [3_250_688, 3_249_920], [1_885_568, 1_882_496]],
  [34, 13, 31_557_952, 27_786_048, 21_284_672, [3_251_456, 3_249_920], [1_889_024, 1_882_880]],
  [50, 7, 40_412_224, 36_644_160, 23_508_032, [6_568_448, 6_567_680], [1_885_568, 1_882_496]],
  [101, 7, 59_404_352, 55_636_288, 42_500_160, [6_568_448, 6_567_680], [1_885_568, 1_882_496]],
  [152, 7, 75_048_000, 71_279_936, 58_143_808, [6_568_448, 6_567_680], [1_885_568, 1_882_496]],
] as const;

/** [encoder] → Base ST-Net for 7 classes, for depth */
const singleSizes = [
  [18, 14_427_200, 14_426_432],
  [34, 24_535_360, 24_534_592],
  [50, 30_076_480, 30_075_712],
] as const;

describe('the published networks', () => {
  before(async () => {
    await tf.setBackend('cpu');
  });

  for (const [encoder, classes, all, multiTask, encoderSize, decoders, transfers] of sizes) {
    it(`ResNet ${encoder}, ${classes} classes: parameters of XTasC-Net and Base MT-Net`, () => {
      const tasks = [segmentation(classes), depth];
      const parts = {
        encoder: encoderSize,
        'decoder.segmentation': decoders[0],
        'decoder.depth': decoders[1],
      };
      const xtasc = measure(encoder, 'shared', tasks, true);
      expect(xtasc.parameters).to.equal(all);
      expect(byPart(xtasc, 'parameters')).to.deep.equal({
        ...parts,
        'transfer.segmentation-depth': transfers[0],
        'transfer.depth-segmentation': transfers[1],
      });
      const mt = measure(encoder, 'shared', tasks, false);
      expect(mt.parameters).to.equal(multiTask);
      expect(byPart(mt, 'parameters')).to.deep.equal(parts);
    });
  }

  for (const [encoder, forSegmentation, forDepth] of singleSizes) {
    it(`ResNet ${encoder}: parameters of Base ST-Net`, () => {
      expect(measure(encoder, 'single', [segmentation(7)], false).parameters).to.equal(forSegmentation);
      expect(measure(encoder, 'single', [depth], false).parameters).to.equal(forDepth);
      const both = measure(encoder, 'single', [segmentation(7), depth], false);
      expect(both.parameters).to.equal(forSegmentation + forDepth);
    });
  }

  it('ResNet 34, 7 classes, 128×256: multiply-accumulates', () => {
    const found = measure(34, 'shared', [segmentation(7), depth], true, { height: 128, width: 256 });
    const giga = Object.entries(byPart(found, 'macs')).map(([part, macs]) => [part, (macs / 1e9).toFixed(2)]);
    expect(Object.fromEntries(giga)).to.deep.equal({
      encoder: '2.39',
      'decoder.segmentation': '5.74',
      'decoder.depth': '5.71',
      'transfer.segmentation-depth': '11.01',
      'transfer.depth-segmentation': '10.91',
    });
    expect((found.macs / 1e9).toFixed(2)).to.equal('35.76');
  });

  it('says of every layer what it is and gives', () => {
    const { parts } = measure(18, 'shared', [depth], false, { height: 64, width: 96 });
    const [encoder, decoder] = parts;
    expect(encoder!.layers[0]).to.deep.equal({
      name: 'conv1',
      type: 'Conv2d',
      output: [32, 48, 64],
      parameters: 7 * 7 * 3 * 64,
      macs: 7 * 7 * 3 * 64 * 32 * 48,
    });
    // Moving statistics are no parameters.
    expect(encoder!.layers[1]).to.deep.equal({
      name: 'bn1',
      type: 'BatchNorm',
      output: [32, 48, 64],
      parameters: 128,
      macs: 0,
    });
    expect(decoder!.layers.at(-1)).to.include({ name: 'head', parameters: 128, macs: 128 * 64 * 96 });
  });
});
