/** The wasm engine's kernels against the backend's own or the plain formulation: medians of alternating runs. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import Table from 'cli-table3';
import { createPart } from '../../core/index.js';
import { wasm } from '../../plugins/engines/wasm/index.js';

type Work = () => tf.Tensor;

interface Row {
  readonly name: string;
  /** Multiplications and additions, where GFLOP/s say more than ms. */
  readonly operations?: number;
  readonly ours: Work;
  readonly plain?: Work | undefined;
}

interface ConvCase {
  readonly name: string;
  readonly input: [number, number, number, number];
  readonly outputs: number;
  readonly taps: number;
  readonly stride: number;
}

const convolutions: readonly ConvCase[] = [
  { name: '3×3 64→64 @ [1,64,128]', input: [1, 64, 128, 64], outputs: 64, taps: 3, stride: 1 },
  { name: '3×3 128→128 @ [2,32,64]', input: [2, 32, 64, 128], outputs: 128, taps: 3, stride: 1 },
  { name: '3×3 16→16 @ [8,48,96]', input: [8, 48, 96, 16], outputs: 16, taps: 3, stride: 1 },
  { name: '3×3 32→32 @ [8,24,48]', input: [8, 24, 48, 32], outputs: 32, taps: 3, stride: 1 },
  { name: '3×3 512→512 @ [2,4,8]', input: [2, 4, 8, 512], outputs: 512, taps: 3, stride: 1 },
  { name: '7×7/2 3→64 @ [2,64,128]', input: [2, 64, 128, 3], outputs: 64, taps: 7, stride: 2 },
  { name: '3×3/2 64→128 @ [2,32,64]', input: [2, 32, 64, 64], outputs: 128, taps: 3, stride: 2 },
  { name: '1×1 256→64 @ [2,32,64]', input: [2, 32, 64, 256], outputs: 64, taps: 1, stride: 1 },
];

const rounds = 11;

/** Kernels as the backend brings them; to be called before the engine has put its own in their place. */
function stockKernel(name: string): (inputs: tf.NamedTensorMap, attrs: object) => tf.Tensor {
  const { kernelFunc } = tf.getKernel(name, 'wasm');
  return (inputs, attrs) => {
    const [info] = [kernelFunc({ inputs, attrs: attrs as tf.NamedAttrMap, backend: tf.backend() })].flat();
    if (!info) throw new Error(`the kernel ${name} gave nothing`);
    return tf.engine().makeTensorFromTensorInfo(info);
  };
}

function kernel(name: string, inputs: tf.NamedTensorMap, attrs: object): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap);
}

/** Every tap's input copied out, all taps beside each other, one product: what the filter's gradient is on paper. */
function filterGradientByTaps(x: tf.Tensor4D, dy: tf.Tensor4D, taps: number): tf.Tensor {
  const [batch, height, width, channels] = x.shape;
  const pad = (taps - 1) / 2;
  const around: [number, number] = [pad, pad];
  const planes = tf.transpose(tf.pad(x, [[0, 0], around, around, [0, 0]]), [3, 0, 1, 2]);
  const rows = Array.from({ length: taps * taps }, (_, tap) =>
    tf
      .slice(planes, [0, 0, Math.floor(tap / taps), tap % taps], [channels, batch, height, width])
      .reshape([channels, batch * height * width]),
  );
  return tf.matMul(tf.concat(rows, 0), dy.reshape<tf.Tensor2D>([batch * height * width, dy.shape[3]]));
}

function convolutionRows(
  { name, input, outputs, taps, stride }: ConvCase,
  stockInputGradient: typeof kernel,
): Row[] {
  const pad = Math.floor(taps / 2);
  const x = tf.randomUniform<tf.Rank.R4>(input, -1, 1);
  const filter = tf.randomUniform<tf.Rank.R4>([taps, taps, input[3], outputs], -1, 1);
  const y = tf.conv2d(x, filter, stride, pad);
  const dy = tf.randomUniform<tf.Rank.R4>(y.shape, -1, 1);
  const operations = 2 * y.size * taps * taps * input[3];
  y.dispose();
  const attrs = { strides: stride, pad, dataFormat: 'NHWC' };
  const inputAttrs = { ...attrs, inputShape: x.shape };
  return [
    { name: `${name}: forward`, operations, ours: () => tf.conv2d(x, filter, stride, pad) },
    {
      name: `${name}: input gradient`,
      operations,
      ours: () => kernel('Conv2DBackpropInput', { dy, filter }, inputAttrs),
      plain: () => stockInputGradient('Conv2DBackpropInput', { dy, filter }, inputAttrs),
    },
    {
      name: `${name}: filter gradient`,
      operations,
      ours: () => kernel('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: filter.shape }),
      plain: stride === 1 ? () => filterGradientByTaps(x, dy, taps) : undefined,
    },
  ];
}

function otherRows(stock: typeof kernel): Row[] {
  const shape: [number, number, number, number] = [2, 64, 128, 64];
  const x = tf.randomUniform<tf.Rank.R4>(shape, -1, 1);
  const half = tf.randomUniform<tf.Rank.R4>([2, 32, 64, 64], -1, 1);
  const twice = tf.randomUniform<tf.Rank.R4>([2, 128, 256, 64], -1, 1);
  const pooled = tf.maxPool(x, 3, 2, 1);
  const depthwise = tf.randomUniform<tf.Rank.R4>([3, 3, 64, 1], -1, 1);
  const both = (
    name: string,
    operation: string,
    inputs: tf.NamedTensorMap,
    attrs: object,
    lacking = false,
  ): Row => ({
    name: `${name} @ [${shape.join()}]`,
    ours: () => kernel(operation, inputs, attrs),
    plain: lacking ? undefined : () => stock(operation, inputs, attrs),
  });
  const size3 = { filterSize: 3, strides: 2, pad: 1 };
  const left = { alignCorners: false, halfPixelCenters: false };
  const same = { strides: 1, pad: 1, dilations: [1, 1] };
  return [
    both('max-pool 3×3/2 gradient', 'MaxPoolGrad', { dy: half, input: x, output: pooled }, size3),
    both(
      'average-pool 2×2/2 gradient',
      'AvgPoolGrad',
      { dy: half, input: x },
      { filterSize: 2, strides: 2, pad: 0 },
    ),
    both('nearest ×2 gradient', 'ResizeNearestNeighborGrad', { dy: twice, images: x }, left),
    both('sum over [0,1,2]', 'Sum', { x }, { axis: [0, 1, 2], keepDims: false }),
    both('mean over [0,1,2]', 'Mean', { x }, { axis: [0, 1, 2], keepDims: false }),
    both(
      'depthwise 3×3 input gradient',
      'DepthwiseConv2dNativeBackpropInput',
      { dy: x, filter: depthwise },
      { ...same, inputShape: shape },
      true,
    ),
    both(
      'depthwise 3×3 filter gradient',
      'DepthwiseConv2dNativeBackpropFilter',
      { x, dy: x },
      { ...same, filterShape: depthwise.shape },
      true,
    ),
  ];
}

/** Median ms of `ours` and `plain`, run in turns so that a busy moment meets both. */
function measure({ ours, plain }: Row): [ours: number, plain: number | undefined] {
  const works = plain ? [ours, plain] : [ours];
  const times = works.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    works.forEach((work, index) => {
      const start = performance.now();
      tf.tidy(() => void work());
      if (round >= 0) times[index]?.push(performance.now() - start);
    });
  }
  const [first = NaN, second] = times.map((list) => list.sort((a, b) => a - b)[Math.floor(rounds / 2)]);
  return [first, second];
}

function print(rows: readonly Row[]): void {
  const table = new Table({
    head: ['kernel', 'ours ms', 'GFLOP/s', 'plain ms', 'GFLOP/s', 'faster'],
    style: { head: [], border: [] },
  });
  const fixed = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '–';
  const rate = (operations?: number, ms?: number): string =>
    fixed(operations !== undefined && ms !== undefined ? operations / ms / 1e6 : undefined, 1);
  for (const row of rows) {
    const [ours, plain] = measure(row);
    const factor = plain === undefined ? '–' : `${(plain / ours).toFixed(1)}×`;
    table.push([
      row.name,
      fixed(ours, 2),
      rate(row.operations, ours),
      fixed(plain, 2),
      rate(row.operations, plain),
      factor,
    ]);
  }
  console.log(table.toString());
}

/** Prints ours and the plain way side by side; to be run in a process where the engine has not been started yet. */
export async function run(): Promise<void> {
  const names = [
    'Conv2DBackpropInput',
    'MaxPoolGrad',
    'AvgPoolGrad',
    'ResizeNearestNeighborGrad',
    'Sum',
    'Mean',
  ];
  const stocks = new Map(names.map((name) => [name, stockKernel(name)]));
  const stock: typeof kernel = (name, inputs, attrs) => {
    const run = stocks.get(name);
    if (!run) throw new Error(`no stock kernel ${name} was kept`);
    return run(inputs, attrs);
  };
  await createPart(wasm).start();
  tf.tidy(() => print(convolutions.flatMap((one) => convolutionRows(one, stock))));
  tf.tidy(() => print(otherRows(stock)));
}
