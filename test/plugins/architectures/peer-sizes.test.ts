import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { MtlError, summarize, type PartSpec, type Task } from '../../../core/index.js';
import { registry } from '../../core/model/golden.js';
import { buildPeer, taskOf } from './peers.js';

const [segmentation, depth, normals] = [taskOf('segmentation', 13), taskOf('depth', 1), taskOf('normals', 3)];
const nyu3 = [segmentation, depth, normals];
const nyu2 = [segmentation, depth];
const cityscapes = [taskOf('segmentation', 7), depth];

const sum: PartSpec = { name: 'cross-stitch', unit: 'sum' };

/** The published code counts three log variances among the network's parameters; here they are the weighter's. */
const logVariances = 3;

/**
 * The published Dense also has the shared decoder's last stage, which nothing reads: 3×3 convolutions with bias and batch norm,
 * 64 → 64 and 64 → 13 (7 for Cityscapes).
 */
const unread = (classes: number): number =>
  [64, classes].reduce((total, out) => total + 9 * 64 * out + out + 2 * out, 0);

const published: readonly (readonly [PartSpec, string, readonly Task[], number])[] = [
  ['split', '13 classes', [segmentation], 24_981_069],
  ['stan', '13 classes', [segmentation], 38_185_805],
  ['mtan', 'three tasks of NYUv2', nyu3, 44_229_076 - logVariances],
  ['mtan', 'two tasks of NYUv2', nyu2, 41_207_377 - logVariances],
  ['dense', 'three tasks of NYUv2', nyu3, 123_743_995 - logVariances - unread(13)],
  ['dense', 'two tasks of Cityscapes', cityscapes, 90_796_896 - logVariances - unread(7)],
  [sum, 'three tasks of NYUv2', nyu3, 74_941_807 - logVariances],
  [sum, 'two tasks of Cityscapes', cityscapes, 49_960_989 - logVariances],
];

const nameOf = (spec: PartSpec): string => (typeof spec === 'string' ? spec : spec.name);

describe('the other systems’ networks at full width', () => {
  before(async () => {
    await tf.setBackend('cpu');
  });

  for (const [architecture, title, tasks, parameters] of published) {
    it(`${nameOf(architecture)}, ${title}: ${parameters} parameters`, () => {
      const before = tf.memory().numTensors;
      const size = { height: 32, width: 32 };
      const model = buildPeer({ architecture, tasks, backbone: 'segnet', size });
      const counted = Object.values(model.parameters).reduce((total, { size: own }) => total + own, 0);
      expect(counted).to.equal(parameters);
      expect(summarize(model).parameters).to.equal(parameters);
      model.dispose();
      expect(tf.memory().numTensors, 'tensors left').to.equal(before);
    });
  }

  it('adamt, two tasks of Cityscapes: parameters of encoder and decoders, and W without the batch', () => {
    const size = { height: 32, width: 64 };
    const model = buildPeer({ architecture: 'adamt', tasks: cityscapes, size });
    const count = (is: (name: string) => boolean): number =>
      Object.entries(model.parameters).reduce(
        (total, [name, { size: own }]) => total + (is(name) ? own : 0),
        0,
      );
    const weighs = (name: string): boolean => name.endsWith('.attention.weights');
    expect(count((name) => name.startsWith('encoder.'))).to.equal(6_705_472);
    expect(count((name) => name.startsWith('decoder.') && !weighs(name))).to.equal(10_973_312);
    // 31,457,280 at 128×256 in batches of eight.
    expect(count(weighs)).to.equal(31_457_280 / 8 / 16);
    model.dispose();
  });

  it('a convolution that tasks share is computed once for each', () => {
    const macs = (tasks: readonly Task[]): Record<string, number> => {
      const model = buildPeer({ architecture: 'mtan', tasks });
      const { parts } = summarize(model);
      model.dispose();
      return Object.fromEntries(parts.map((part) => [part.name, part.macs]));
    };
    const [one, two] = [macs([depth]), macs([depth, taskOf('distance', 1)])];
    expect(two.attention).to.equal(2 * one.attention!);
    expect(two.encoder).to.equal(one.encoder);
  });
});

describe('the other systems’ networks', () => {
  const names = ['split', 'mtan', 'stan', 'dense', 'cross-stitch'];
  const build =
    (architecture: PartSpec) =>
    (args: Partial<Parameters<typeof buildPeer>[0]>): (() => unknown) =>
    () =>
      buildPeer({ architecture, ...args });
  const imageLevel = [depth, { ...taskOf('weather', 4), pooled: true } as Task];

  before(async () => {
    await tf.setBackend('cpu');
  });

  it('are registered, with SegNet’s encoder', () => {
    const listed = (kind: string): string[] =>
      registry.list().flatMap((part) => (part.kind === kind ? [part.name] : []));
    expect(listed('architecture')).to.include.members([...names, 'adamt']);
    expect(listed('backbone')).to.include('segnet');
  });

  it('SegNet’s encoder has feature maps at strides 2 to 32, like the others', () => {
    const model = buildPeer({ architecture: { name: 'shared', decoderChannels: 2 } });
    const { outputs } = model.parts.encoder!;
    expect(outputs.map(({ shape: map }) => map.slice(1))).to.deep.equal([
      [16, 32, 4],
      [8, 16, 8],
      [4, 8, 16],
      [2, 4, 32],
      [1, 2, 32],
    ]);
    tf.tidy(() => {
      const { direct } = model.forward(tf.zeros([1, 32, 64, 3]), { training: false, transfer: false });
      expect(direct.depth!.shape).to.deep.equal([1, 32, 64, 1]);
    });
    model.dispose();
  });

  for (const architecture of names) {
    it(`${architecture}: says what it needs of image, backbone and tasks`, () => {
      const given = build(architecture);
      expect(given({ size: { height: 48, width: 64 } }))
        .to.throw(MtlError, 'dataset.size: expected height and width that are multiples of 32 for a SegNet')
        .with.property('code', 'SHAPE_MISMATCH');
      // The others have a form for ResNets; see resnet-forms.test.ts.
      if (!['mtan', 'cross-stitch'].includes(architecture)) {
        expect(given({ backbone: { name: 'resnet18', width: 2 } }))
          .to.throw(
            MtlError,
            `one with SegNet’s stages for the architecture ${architecture}, found one without; set \`backbone: segnet\``,
          )
          .with.property('code', 'CONFIG_INVALID');
      }
      expect(given({ tasks: imageLevel }))
        .to.throw(MtlError, 'tasks.weather: expected a task with a prediction per pixel')
        .with.property('code', 'CONFIG_INVALID');
    });
  }

  it('adamt: says what it needs of image and tasks', () => {
    expect(build('adamt')({ size: { height: 24, width: 64 } })).to.throw(
      MtlError,
      'dataset.size: expected height and width that are multiples of 16 for an AdaMT-Net, found [24, 64]',
    );
    expect(build('adamt')({ tasks: imageLevel })).to.throw(MtlError, 'tasks.weather: expected a task');
  });
});
