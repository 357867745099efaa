import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { artifactsOf } from '../../../core/export/graph/artifacts.js';
import { convert } from '../../../core/export/graph/convert.js';
import { fuse } from '../../../core/export/graph/fuse.js';
import type { Graph } from '../../../core/export/graph/graph.js';
import { trace } from '../../../core/export/graph/trace.js';
import { describeOn } from '../../engines.js';
import { hashed } from '../../oracles/values.js';
import { furthest, loadArtifacts, read } from './networks.js';

type Computation = (x: tf.Tensor4D) => tf.Tensor;

const [height, width, channels] = [6, 8, 4];

function input(batch: number): tf.Tensor4D {
  const shape: [number, number, number, number] = [batch, height, width, channels];
  return tf.tensor4d(hashed('x', shape, 2), shape);
}

const weight = (name: string, ...shape: number[]): tf.Tensor => tf.tensor(hashed(name, shape, 1), shape);
const kernel = (...shape: number[]): tf.Tensor4D => weight('kernel', ...shape) as tf.Tensor4D;

async function graphOf(compute: Computation): Promise<Graph> {
  const x = input(1);
  const traced = await trace(x, () => ({ y: compute(x) }), new Map());
  x.dispose();
  return convert(traced, { name: 'image', shape: [-1, height, width, channels] });
}

/** Records it with one image, loads what was written, and computes it for two. */
async function expectSame(compute: Computation): Promise<Graph> {
  const graph = fuse(await graphOf(compute));
  const x = input(2);
  const wanted = read({ y: tf.tidy(() => compute(x)) }).y!;
  const port = { dtype: 'float32', shape: [-1] } as const;
  const loaded = await loadArtifacts(
    artifactsOf(
      { graph, inputs: { image: { ...port, shape: [-1, height, width, channels] } }, outputs: { y: port } },
      { half: false, metadata: {} },
    ),
  );
  const found = read({ y: loaded.execute({ image: x }, 'y') as tf.Tensor }).y!;
  expect(found.shape).to.deep.equal(wanted.shape);
  expect(furthest(found.data, wanted.data)).to.be.at.most(1e-5);
  loaded.dispose();
  x.dispose();
  return graph;
}

const elementwise: Readonly<Record<string, Computation>> = {
  abs: tf.abs,
  exp: tf.exp,
  log: (x) => tf.log(tf.add(tf.abs(x), 1)),
  sqrt: (x) => tf.sqrt(tf.abs(x)),
  rsqrt: (x) => tf.rsqrt(tf.add(tf.abs(x), 1)),
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  softplus: tf.softplus,
  elu: tf.elu,
  relu6: tf.relu6,
  leakyRelu: (x) => tf.leakyRelu(x, 0.3),
  prelu: (x) => tf.prelu(x, weight('alpha', channels)),
  step: (x) => tf.step(x),
  'ReLU and its opposite': (x) => tf.sub(tf.relu(x), tf.relu(tf.neg(x))),
  clipByValue: (x) => tf.clipByValue(x, -0.5, 0.25),
  cast: (x) => tf.cast(tf.greater(x, 0.1), 'float32'),
  where: (x) => tf.where(tf.greater(x, 0), x, tf.square(x)),
  'arithmetic with constants': (x) =>
    tf.div(tf.sub(tf.mul(x, weight('a', channels)), weight('b', 1, width, channels)), 3),
  'arithmetic with itself': (x) => tf.squaredDifference(tf.maximum(x, tf.neg(x)), tf.minimum(x, 0.5)),
  pow: (x) => tf.pow(tf.abs(x), 1.5),
  addN: (x) => tf.addN([x, x, tf.exp(x)]),
};

const whole: Readonly<Record<string, Computation>> = {
  'mean over the map': (x) => tf.mean(x, [1, 2], true),
  'sum over channels': (x) => tf.sum(x, -1),
  'max and min': (x) => tf.sub(tf.max(x, 3, true), tf.min(x, 3, true)),
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x, 3),
  argMax: (x) => tf.cast(tf.argMax(x, 3), 'float32'),
  'reshape, keeping the batch': (x) => tf.reshape(x, [x.shape[0], -1]),
  transpose: (x) => tf.transpose(x, [0, 3, 1, 2]),
  expandDims: (x) => tf.expandDims(tf.sum(x, 3), 1),
  'slice of channels': (x) => x.slice([0, 1, 0, 1], [-1, 3, -1, 2]),
  'split and concatenated the other way': (x) => tf.concat(tf.split(x, [1, 3], 3).reverse(), 3),
  stack: (x) => tf.stack([x, tf.neg(x)], 4),
  tile: (x) => tf.tile(x, [1, 2, 1, 1]),
  pad: (x) => tf.pad(x, [[0, 0], [1, 2], [0, 3], [0, 0]], 0.5), // prettier-ignore
  dense: (x) =>
    tf.matMul(tf.reshape(x, [-1, width * channels * height]), weight('w', width * channels * height, 5)),
  'dense with bias and ReLU': (x) =>
    tf.fused.matMul({
      a: tf.reshape(x, [-1, width * channels * height]),
      b: weight('w', width * channels * height, 5),
      bias: weight('b', 5),
      activation: 'relu',
    }),
  'attention over pixels': (x) => {
    const flat = tf.reshape(x, [x.shape[0], height * width, channels]);
    return tf.matMul(tf.softmax(tf.matMul(flat, flat, false, true)), flat);
  },
};

const maps: Readonly<Record<string, Computation>> = {
  'convolution, same': (x) => tf.conv2d(x, kernel(3, 3, channels, 5), 2, 'same'),
  'convolution, valid': (x) => tf.conv2d(x, kernel(3, 3, channels, 5), [1, 2], 'valid'),
  'convolution, padded by a number': (x) => tf.conv2d(x, kernel(5, 5, channels, 3), 2, 2, 'NHWC', 1, 'floor'),
  'convolution, padded side by side': (x) =>
    tf.conv2d(x, kernel(3, 3, channels, 3), 1, [[0, 0], [0, 2], [1, 3], [0, 0]]), // prettier-ignore
  'dilated convolution': (x) => tf.conv2d(x, kernel(3, 3, channels, 3), 1, 2, 'NHWC', 2, 'floor'),
  'convolution with bias and sigmoid': (x) =>
    tf.fused.conv2d({
      x,
      filter: kernel(3, 3, channels, 3),
      strides: 1,
      pad: 1,
      dimRoundingMode: 'floor',
      bias: weight('bias', 3),
      activation: 'sigmoid',
    }),
  'depthwise convolution': (x) => tf.depthwiseConv2d(x, kernel(3, 3, channels, 2), 1, 1, 'NHWC', 1, 'floor'),
  'max-pooling, padded': (x) => tf.maxPool(tf.sub(x, 10), 3, 2, 1, 'floor'),
  'max-pooling, same': (x) => tf.maxPool(x, [2, 3], 2, 'same'),
  'average pooling': (x) => tf.avgPool(x, 2, 2, 'valid'),
  'bilinear, aligned corners': (x) => tf.image.resizeBilinear(x, [11, 16], true),
  'bilinear, half-pixel centers': (x) => tf.image.resizeBilinear(x, [11, 16], false, true),
  'nearest neighbour': (x) => tf.image.resizeNearestNeighbor(x, [12, 4]),
};

describeOn('wasm', 'operations of an exported graph', () => {
  for (const group of [elementwise, whole, maps]) {
    for (const [name, compute] of Object.entries(group)) {
      it(name, async () => {
        await expectSame(compute);
      });
    }
  }

  for (const [what, compute, reason] of [
    ['padded average pooling', (x) => tf.avgPool(x, 3, 2, 1, 'floor'), /the operation AvgPool.*it is padded/],
    ['sizes rounded up', (x) => tf.maxPool(x, 3, 2, 1, 'ceil'), /rounded by ceil/],
  ] as readonly [string, Computation, RegExp][]) {
    it(`refuses ${what}`, async () => {
      const error = await graphOf(compute).then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      expect(error?.message).to.match(reason);
    });
  }
});

describe('an operation that cannot be written', () => {
  const convolved = (attributes: object): (() => unknown) => {
    const x = { kind: 'value', value: 'input', shape: [1, 4, 4, 2], dtype: 'float32' } as const;
    const data = new Float32Array(4);
    const filter = {
      kind: 'constant',
      name: 'k',
      constant: { dtype: 'float32', shape: [1, 1, 2, 2], data },
    } as const;
    const given = { strides: 1, pad: 0, ...attributes };
    const step = { kernel: 'FusedConv2D', inputs: { x, filter }, attributes: given, values: ['0:0'] };
    return () => convert({ steps: [step], outputs: {} }, { name: 'image', shape: [-1, 4, 4, 2] });
  };

  it('is refused: another data format, an activation that TensorFlow fuses with nothing', () => {
    convolved({ activation: 'relu' })();
    expect(convolved({ dataFormat: 'NCHW' })).to.throw(
      /the operation FusedConv2D, .*its data format is NCHW/,
    );
    expect(convolved({ activation: 'prelu' })).to.throw(/its activation is prelu/);
  });
});

describeOn('wasm', 'what a convolution takes in', () => {
  const convolve: Computation = (x) => tf.conv2d(x, kernel(3, 3, channels, 5), 1, 'same');
  const ops = ({ nodes }: Graph): string[] =>
    nodes.map(({ op }) => op).filter((op) => op !== 'Placeholder' && op !== 'Identity');

  it('factors, summands and a ReLU, in whichever order they come', async () => {
    const graph = await expectSame((x) =>
      tf.relu(
        tf.mul(
          tf.add(weight('b', 5), tf.add(tf.mul(convolve(x), weight('a', 1, 1, 1, 5)), 0.5)),
          weight('c', 5),
        ),
      ),
    );
    expect(ops(graph)).to.deep.equal(['_FusedConv2D']);
    expect(graph.constants.size).to.equal(2);
  });

  it('nothing after its ReLU', async () => {
    expect(ops(await expectSame((x) => tf.add(tf.relu(convolve(x)), weight('b', 5))))).to.deep.equal([
      '_FusedConv2D',
      'AddV2',
    ]);
  });

  it('nothing where something else reads what came before', async () => {
    const twice = await expectSame((x) => {
      const y = convolve(x) as tf.Tensor4D;
      return tf.add(tf.mul(y, weight('a', 5)), y);
    });
    expect(ops(twice)).to.deep.equal(['Conv2D', 'Mul', 'AddV2']);
    const square = await expectSame((x) => {
      const y = convolve(x);
      return tf.mul(y, y);
    });
    expect(ops(square)).to.deep.equal(['Conv2D', 'Mul']);
  });

  it('no summand that differs over the map', async () => {
    expect(ops(await expectSame((x) => tf.add(convolve(x), weight('b', height, width, 1))))).to.deep.equal([
      'Conv2D',
      'AddV2',
    ]);
  });

  it('a kernel that two convolutions share stays what it is for the other', async () => {
    const graph = await expectSame((x) => {
      const shared = kernel(3, 3, channels, channels);
      const first = tf.conv2d(x, shared, 1, 'same');
      return tf.conv2d(tf.relu(tf.mul(first, 3)), shared, 1, 'same');
    });
    expect(ops(graph)).to.deep.equal(['_FusedConv2D', 'Conv2D']);
  });
});
