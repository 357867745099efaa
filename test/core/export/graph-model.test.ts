import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { Model, MtlError, type Network } from '../../../core/index.js';
import { artifactsOf, checkGraphModel, graphOf } from '../../../core/export/graph/index.js';
import { outputsOf } from '../../../core/export/graph/graph-model.js';
import { failureOf } from '../fakes.js';
import { describeOn, describeOnEach, startOn } from '../../engines.js';
import { hashed, readJson, readTensors } from '../../oracles/values.js';
import {
  buildNetwork,
  furthest,
  images,
  loadArtifacts,
  predicted,
  read,
  size,
  type NetworkOptions,
} from './networks.js';

/** PyTorch's are in float64. */
const torchTolerance = 1e-5;

const cases: Readonly<Record<string, NetworkOptions>> = {
  shared: {},
  single: { architecture: { name: 'single', decoderChannels: 4 }, transfer: false },
  resnet50: { backbone: 'resnet50' },
};

async function exported(
  model: Model,
  transfer = model.edges.length > 0,
  half = false,
): Promise<tf.GraphModel> {
  return loadArtifacts(artifactsOf(await graphOf(model, { ...size, transfer }), { half, metadata: {} }));
}

/** Runs something on TensorFlow.js' own backend, where no kernel is ours. */
async function onCpu<T>(run: () => T): Promise<T> {
  const before = tf.getBackend();
  await tf.setBackend('cpu');
  try {
    return run();
  } finally {
    await tf.setBackend(before);
  }
}

/** Expects a loaded graph to predict what the network does. @returns what it predicts */
function predictsAlike(loaded: tf.GraphModel, model: Model, batch: number): ReturnType<typeof predicted> {
  const image = images(batch);
  const wanted = read(tf.tidy(() => outputsOf(model, image, false)));
  const found = predicted(loaded, image);
  image.dispose();
  for (const [name, { shape, data }] of Object.entries(wanted)) {
    expect(found[name]!.shape, name).to.deep.equal(shape);
    if (data instanceof Int32Array) expect(found[name]!.data, name).to.deep.equal(data);
    else expect(furthest(found[name]!.data, data), name).to.be.at.most(1e-4);
  }
  return found;
}

describeOnEach('an exported network', (engine) => {
  const wanted = readTensors('exported.safetensors');
  const { shape } = readJson('exported.json') as { shape: [number, number, number, number] };

  for (const [name, options] of Object.entries(cases)) {
    it(`${name}: predicts what PyTorch does, here and on the cpu backend`, async () => {
      const model = buildNetwork(options);
      const loaded = await exported(model);
      const image = tf.tensor4d(hashed('exported.image', shape, 1.5), shape);
      const found = predicted(loaded, image);
      const onOther = engine === 'wasm' ? await onCpu(() => predicted(loaded, image)) : found;
      const keys = Object.keys(wanted).filter((key) => key.startsWith(`${name}.`));
      expect(keys).to.have.lengthOf(options.transfer === false ? 2 : 4);
      for (const key of keys) {
        const output = key.slice(name.length + 1);
        expect(found[output]!.shape, key).to.deep.equal(wanted[key]!.shape);
        expect(furthest(found[output]!.data, wanted[key]!.data), key).to.be.at.most(torchTolerance);
        expect(furthest(onOther[output]!.data, wanted[key]!.data), `${key} on cpu`).to.be.at.most(
          torchTolerance,
        );
      }
      // What is decoded from the raw outputs: the class of the largest score.
      const scores = wanted[`${name}.segmentation`]!.data;
      const ids = found['segmentation.decoded']!.data;
      const classes = scores.length / ids.length;
      ids.forEach((id, pixel) => {
        const own = [...scores.slice(pixel * classes, (pixel + 1) * classes)];
        expect(own[id], 'score of the class').to.be.closeTo(Math.max(...own), 1e-4);
      });
      expect(found['depth.decoded']!.data).to.deep.equal(found.depth!.data);
      tf.dispose(image);
      loaded.dispose();
      model.dispose();
    });
  }
});

describeOn('wasm', 'exporting a network', () => {
  for (const resolution of [0.5, 0.25] as const) {
    it(`transfer nets of resolution ${resolution}: predicts what the network does`, async () => {
      const model = buildNetwork({ resolution });
      const loaded = await exported(model);
      const image = images(2);
      const wanted = read(tf.tidy(() => outputsOf(model, image, true)));
      const found = predicted(loaded, image);
      expect(Object.keys(found)).to.include('transfer.depth-segmentation');
      for (const [name, { shape, data }] of Object.entries(wanted)) {
        expect(found[name]!.shape, name).to.deep.equal(shape);
        expect(furthest(found[name]!.data, data), name).to.be.at.most(1e-4);
      }
      image.dispose();
      loaded.dispose();
      model.dispose();
    });
  }

  const everyTask = ['segmentation', 'depth', 'normals', 'edges', 'reconstruction', 'weather', 'people'];

  for (const architecture of ['shared', 'single'] as const) {
    it(`${architecture}: every task, pooled heads included, for any number of images`, async () => {
      const named = { name: architecture, decoderChannels: 4 };
      const model = buildNetwork({ tasks: everyTask, architecture: named, transfer: false });
      const loaded = await exported(model);
      for (const batch of [1, 3]) {
        const found = predictsAlike(loaded, model, batch);
        expect(Object.keys(found)).to.deep.equal([
          ...everyTask,
          ...everyTask.map((task) => `${task}.decoded`),
        ]);
        expect(found.weather!.shape).to.deep.equal([batch, 1, 1, 3]);
      }
      loaded.dispose();
      model.dispose();
    });
  }

  for (const architecture of ['split', 'mtan', 'stan', 'dense', 'cross-stitch', 'adamt']) {
    it(`${architecture}: for any number of images`, async () => {
      const model = buildNetwork({ architecture, backbone: 'segnet', transfer: false });
      const loaded = await exported(model);
      for (const batch of [1, 3]) predictsAlike(loaded, model, batch);
      loaded.dispose();
      model.dispose();
    });
  }

  for (const name of ['mtan', 'cross-stitch']) {
    it(`${name} on a ResNet: pooled heads included, for any number of images`, async () => {
      const architecture = { name, decoderChannels: 4 };
      const tasks = ['segmentation', 'depth', 'weather'];
      const model = buildNetwork({ tasks, architecture, transfer: false });
      const loaded = await exported(model);
      for (const batch of [1, 3]) predictsAlike(loaded, model, batch);
      loaded.dispose();
      model.dispose();
    });
  }

  it('leaves no tensor behind, and the engine as it was', async () => {
    const model = buildNetwork();
    const [tensors, own] = [tf.memory().numTensors, Object.hasOwn(tf.engine(), 'runKernel')];
    const graph = await graphOf(model, { ...size, transfer: true });
    await checkGraphModel(artifactsOf(graph, { half: false, metadata: {} }), model, {
      ...size,
      transfer: true,
    });
    expect(tf.memory().numTensors).to.equal(tensors);
    expect(Object.hasOwn(tf.engine(), 'runKernel')).to.equal(own);
    model.dispose();
  });

  it('makes one operation of convolution, bias, batch norm and ReLU', async () => {
    const model = buildNetwork();
    const { graph } = await graphOf(model, { ...size, transfer: false });
    const counts = new Map<string, number>();
    for (const { op } of graph.nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
    expect(Object.fromEntries(counts)).to.deep.equal({
      Placeholder: 1,
      // All but the heads, which have no bias: 20 of a ResNet 18 and 15 of each decoder.
      _FusedConv2D: 50,
      Conv2D: 2,
      PadV2: 1,
      MaxPool: 1,
      // At the residual blocks' ends.
      AddV2: 8,
      Relu: 8,
      ResizeBilinear: 10,
      ConcatV2: 8,
      ArgMax: 1,
      ExpandDims: 1,
      // depth.clone(), and the four outputs.
      Identity: 5,
    });
    model.dispose();
  });

  it('keeps kernels at half precision where asked to', async () => {
    const model = buildNetwork();
    const graph = await graphOf(model, { ...size, transfer: false });
    const [exact, half] = [false, true].map((half) => artifactsOf(graph, { half, metadata: {} }));
    expect(half!.weightData.byteLength).to.be.below(0.6 * exact!.weightData.byteLength);
    const [image, loaded] = [images(1), await loadArtifacts(half!)];
    const wanted = read(tf.tidy(() => outputsOf(model, image, false)));
    const found = predicted(loaded, image);
    for (const name of ['segmentation', 'depth']) {
      const difference = furthest(found[name]!.data, wanted[name]!.data);
      // Of 11 bits each, through some 35 layers.
      expect(difference, name).to.be.within(1e-6, 2e-2);
    }
    tf.tidy(() => model.parameters['encoder.conv1.kernel']!.assign(tf.fill([7, 7, 3, 4], 1e6)));
    const large = await graphOf(model, { ...size, transfer: false });
    expect(() => artifactsOf(large, { half: true, metadata: {} }))
      .to.throw(MtlError, /--quantize float16: expected weights of at most 65504 in size, found \d/)
      .with.property('code', 'EXPORT_UNSUPPORTED');
    image.dispose();
    loaded.dispose();
    model.dispose();
  });

  /** A model whose predictions pass through something more. */
  function withChange(change: (prediction: tf.Tensor4D) => tf.Tensor4D): {
    model: Model;
    dispose: () => void;
  } {
    const base = buildNetwork({ transfer: false });
    const network: Network = {
      parts: base.parts,
      forward: (image, { training }) => {
        const { direct } = base.forward(image, { training, transfer: false });
        const changed = Object.entries(direct).map(([name, value]) => [name, change(value)] as const);
        return { direct: Object.fromEntries(changed) };
      },
    };
    return { model: new Model(base.tasks, network, []), dispose: () => base.dispose() };
  }

  it('names an operation that has no counterpart', async () => {
    const { model, dispose } = withChange((prediction) => tf.cumsum(prediction, 1));
    const tensors = tf.memory().numTensors;
    const error = await failureOf(() => graphOf(model, { ...size, transfer: false }));
    expect(error.code).to.equal('EXPORT_UNSUPPORTED');
    expect(error.message).to.match(
      /found the operation Cumsum, which cannot be exported: it has no counterpart/,
    );
    expect(tf.memory().numTensors).to.equal(tensors);
    dispose();
  });

  it('refuses a network that looks at its values, since the graph cannot', async () => {
    const looking = withChange((prediction) =>
      tf.mul(prediction, 1 + prediction.slice([0, 0, 0, 0], [1, 1, 1, 1]).dataSync()[0]!),
    );
    const frozen = await graphOf(looking.model, { ...size, transfer: false });
    const artifacts = artifactsOf(frozen, { half: false, metadata: {} });
    const error = await failureOf(() =>
      checkGraphModel(artifacts, looking.model, { ...size, transfer: false }),
    );
    expect(error.message).to.match(
      /found another "segmentation" from the exported graph than from the network/,
    );
    looking.dispose();
  });

  after(() => startOn('wasm'));
});
