import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  assembleModel,
  consistencyEnergy,
  MtlError,
  summarize,
  Upsample2d,
  type Architecture,
  type Model,
  type Resolution,
} from '../../../core/index.js';
import { describeOn, describeOnEach } from '../../engines.js';
import { expectTensor } from '../../oracles/compare.js';
import { buildGolden, goldenBatch, main, makeTask, offers, registry, type GoldenNetwork } from './golden.js';

const { options } = main;

function build(resolution: Resolution): GoldenNetwork {
  return buildGolden({ ...options, resolution });
}

function imageOf({ image, shape } = goldenBatch()): tf.Tensor4D {
  return tf.tensor4d(image, [...shape]);
}

describeOnEach('a transfer net of a lower resolution', () => {
  for (const resolution of [0.5, 0.25] as const) {
    it(`${resolution}: is pooling, the net, and upsampling, one after the other`, () => {
      const network = build(resolution);
      const { model } = network;
      tf.tidy(() => {
        const { direct, transferred } = model.forward(imageOf(), { training: true, transfer: true });
        for (const [index, { from, to, prediction }] of transferred.entries()) {
          const { net } = model.edges[index]!;
          const fed = from.transfer.input(direct[from.name]!);
          const size = 1 / resolution;
          const pooled = tf.layers.averagePooling2d({ poolSize: size, strides: size }).apply(fed);
          const upsampled = new Upsample2d({ factor: size }).apply(net.apply(pooled)) as tf.Tensor;
          const wanted = { data: upsampled.dataSync<'float32'>(), shape: upsampled.shape };
          expectTensor(prediction, wanted, 1e-6, `${from.name}-${to.name}`);
          expect(prediction.shape).to.deep.equal([...direct[to.name]!.shape]);
        }
      });
      network.dispose();
    });
  }

  it('gives the energy at the image’s size', () => {
    const network = build(0.5);
    const { model } = network;
    tf.tidy(() => {
      const predictions = model.forward(imageOf(), { training: false, transfer: true });
      const [batch, height, width] = imageOf().shape;
      expect(consistencyEnergy(predictions)!.shape).to.deep.equal([batch, height, width, 1]);
    });
    network.dispose();
  });

  it('goes there and back at its resolution, and nowhere back where nobody asks', () => {
    const network = build(0.5);
    const { model } = network;
    tf.tidy(() => {
      const how = { training: false, transfer: true } as const;
      const { direct, transferred, cycled } = model.forward(imageOf(), { ...how, cycles: true });
      const trips = cycled!.map(({ task, through }) => [task.name, through.name]);
      expect(trips).to.deep.equal([
        ['segmentation', 'depth'],
        ['depth', 'segmentation'],
      ]);
      for (const [index, { task, through, prediction }] of cycled!.entries()) {
        const back = model.edges.find(({ from, to }) => from === through && to === task)!;
        const pooled = tf.avgPool(through.transfer.input(transferred[index]!.prediction), 2, 2, 'valid');
        const upsampled = new Upsample2d({}).apply(back.net.apply(pooled)) as tf.Tensor;
        const wanted = { data: upsampled.dataSync<'float32'>(), shape: [...direct[task.name]!.shape] };
        expectTensor(prediction, wanted, 1e-6, task.name);
      }
      expect(model.forward(imageOf(), how)).to.not.have.property('cycled');
    });
    network.dispose();
  });

  it('runs once an edge without round trips, twice with them', () => {
    const network = build(1);
    const { model } = network;
    let runs = 0;
    for (const { net } of model.edges) {
      const apply = net.apply.bind(net);
      net.apply = (...args) => ((runs += 1), apply(...args));
    }
    tf.tidy(() => model.forward(imageOf(), { training: true, transfer: true, cycles: false }).direct);
    expect(runs).to.equal(2);
    tf.tidy(() => model.forward(imageOf(), { training: true, transfer: true, cycles: true }).direct);
    expect(runs).to.equal(6);
    network.dispose();
  });
});

describeOn('wasm', 'the size of transfer nets', () => {
  const assemble = (
    size: readonly [number, number],
    resolution: Resolution,
    architecture = registry.create('architecture', { name: 'shared', decoderChannels: 2 }, offers()),
  ): Model =>
    assembleModel({
      tasks: [makeTask('segmentation'), makeTask('depth')],
      architecture,
      backbone: registry.create('backbone', { name: 'resnet18', width: 2 }, offers()),
      transfer: {
        net: registry.create('transferNet', { name: 'ttnet', channels: 2 }, offers()),
        edges: 'all',
        resolution,
      },
      size: { height: size[0], width: size[1] },
      seed: 0,
      initialize: false,
    });

  /** Of a network that suits any size. */
  function refusal(size: readonly [number, number], resolution: Resolution): string {
    const anything: Architecture = { build: () => ({ parts: {}, forward: () => ({ direct: {} }) }) };
    try {
      assemble(size, resolution, anything).dispose();
    } catch (error) {
      expect(error).to.be.instanceOf(MtlError).with.property('code', 'SHAPE_MISMATCH');
      return (error as Error).message;
    }
    return 'none';
  }

  it('half of it costs a quarter of the multiply-accumulates, and has the same parameters', () => {
    const summaries = ([1, 0.5, 0.25] as const).map((resolution) => {
      const model = assemble([64, 96], resolution);
      const parts = summarize(model).parts.filter(({ name }) => name.startsWith('transfer.'));
      model.dispose();
      return parts.map(({ name, parameters, macs }) => ({ name, parameters, macs }));
    });
    const [whole, half, quarter] = summaries;
    expect(half).to.deep.equal(whole!.map((part) => ({ ...part, macs: part.macs / 4 })));
    expect(quarter).to.deep.equal(whole!.map((part) => ({ ...part, macs: part.macs / 16 })));
  });

  it('says which size of images suits', () => {
    expect(refusal([16, 48], 0.5)).to.equal('none');
    expect(refusal([16, 48], 0.25)).to.equal(
      'consistency.resolution: at 0.25 of dataset.size [16, 48], a transfer net is made for [4, 12], where ' +
        'dataset.size: expected height and width that are multiples of 8 for a TTNet, found [4, 12]; try [8, 16]',
    );
    expect(refusal([16, 50], 0.25)).to.equal(
      'consistency.resolution: expected a size of images, dataset.size, that can be divided by 4, found [16, 50] at ' +
        'a resolution of 0.25; choose another size, or resolution 1',
    );
  });
});
