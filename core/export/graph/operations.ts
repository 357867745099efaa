import { biasAndActivation } from './activation.js';
import { bool, float, int, type as dtype, type Constant, type GraphBuilder } from './graph.js';
import type { Step } from './trace.js';
import { averagePool, convolution, depthwiseConvolution, maxPool } from './windows.js';

/** What an operation is made of. */
export interface OperationArgs {
  readonly step: Step;
  /** The step's inputs by their names in the kernel, in its order. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly graph: GraphBuilder;
}

/** Adds what a kernel does to a graph. @returns the names of its outputs */
export type Operation = (args: OperationArgs) => string | readonly string[];

/** An operation that takes the kernel's inputs in the same order, and has no attributes. */
const same =
  (op: string): Operation =>
  ({ inputs, graph }) =>
    graph.add(op, Object.values(inputs));

/** Kernels whose operation has another name. */
const renamed = { Add: 'AddV2', Multiply: 'Mul' };

/** Those whose operation has the same. */
const alike = [
  ...['Abs', 'Ceil', 'Cos', 'Elu', 'Erf', 'Exp', 'Expm1', 'Floor', 'Identity', 'Log', 'Log1p', 'LogicalNot'],
  ...['Neg', 'OnesLike', 'Reciprocal', 'Relu', 'Relu6', 'Round', 'Rsqrt', 'Selu', 'Sigmoid', 'Sign', 'Sin'],
  ...['Softplus', 'Sqrt', 'Square', 'Tan', 'Tanh', 'ZerosLike'],
  ...['AddN', 'Equal', 'FloorDiv', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr'],
  ...['Maximum', 'Minimum', 'NotEqual', 'Pow', 'Prelu', 'RealDiv', 'SquaredDifference', 'Sub'],
];

const reduction =
  (op: string, axes: 'axis' | 'reductionIndices'): Operation =>
  ({ step: { attributes, inputs: operands }, inputs, graph }) => {
    const rank = rankOf(operands.x);
    const given = attributes[axes] as number | readonly number[] | null | undefined;
    const list = graph.list([given ?? Array.from({ length: rank }, (_, axis) => axis)].flat());
    return graph.add(op, [inputs.x!, list], { keep_dims: bool(attributes.keepDims === true) });
  };

const argument =
  (op: string): Operation =>
  ({ step: { attributes }, inputs, graph }) =>
    graph.add(op, [inputs.x!, graph.number(attributes.axis as number, 'int32')], {
      output_type: dtype('int32'),
    });

const resize =
  (op: string): Operation =>
  ({ step: { attributes }, inputs, graph }) =>
    graph.add(op, [inputs.images!, graph.list(attributes.size as number[])], {
      align_corners: bool(attributes.alignCorners === true),
      half_pixel_centers: bool(attributes.halfPixelCenters === true),
    });

function rankOf(operand: Step['inputs'][string] | undefined): number {
  if (operand === undefined) return 0;
  return (operand.kind === 'value' ? operand.shape : operand.constant.shape).length;
}

/** The shape to make: the batch, which may be any, is the outermost axis, or a part of it. */
const reshape: Operation = ({ step, inputs, graph }) => {
  const { x } = step.inputs;
  const from = x?.kind === 'value' ? x.shape : [];
  const given = step.attributes.shape as readonly number[];
  // A −1 is what is left; there can be only one.
  const known = product(given.filter((length) => length !== -1));
  const to = given.map((length) => (length === -1 ? product(from) / known : length));
  return graph.add('Reshape', [inputs.x!, graph.list(to.length > 0 ? [-1, ...to.slice(1)] : to)]);
};

function product(lengths: readonly number[]): number {
  return lengths.reduce((all, length) => all * length, 1);
}

/** By kernel. */
export const operations: Readonly<Record<string, Operation>> = {
  ...Object.fromEntries(alike.map((name) => [name, same(name)])),
  ...Object.fromEntries(Object.entries(renamed).map(([kernel, op]) => [kernel, same(op)])),
  BatchMatMul: ({ step: { attributes }, inputs, graph }) =>
    graph.add('BatchMatMulV2', [inputs.a!, inputs.b!], {
      adj_x: bool(attributes.transposeA === true),
      adj_y: bool(attributes.transposeB === true),
    }),
  AddRelu: ({ inputs, graph }) => graph.add('Relu', [graph.add('AddV2', [inputs.a!, inputs.b!])]),
  Mean: reduction('Mean', 'axis'),
  Sum: reduction('Sum', 'axis'),
  Prod: reduction('Prod', 'axis'),
  Min: reduction('Min', 'axis'),
  Max: reduction('Max', 'reductionIndices'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  ResizeBilinear: resize('ResizeBilinear'),
  ResizeNearestNeighbor: resize('ResizeNearestNeighbor'),
  Reshape: reshape,
  Conv2D: convolution,
  FusedConv2D: convolution,
  DepthwiseConv2dNative: depthwiseConvolution,
  MaxPool: maxPool,
  AvgPool: averagePool,
  Softmax: ({ inputs, graph }) => graph.add('Softmax', [inputs.logits!]),
  LogSoftmax: ({ inputs, graph }) => graph.add('LogSoftmax', [inputs.logits!]),
  LeakyRelu: ({ step: { attributes }, inputs, graph }) =>
    graph.add('LeakyRelu', [inputs.x!], { alpha: float(attributes.alpha as number) }),
  Step: ({ inputs, graph }) =>
    graph.add('Cast', [graph.add('Greater', [inputs.x!, graph.number(0, 'float32')])], {
      SrcT: dtype('bool'),
      DstT: dtype('float32'),
    }),
  Cast: ({ step: { attributes }, inputs, graph }) =>
    graph.add('Cast', [inputs.x!], { DstT: dtype(attributes.dtype as Constant['dtype']) }),
  ClipByValue: ({ step: { attributes }, inputs, graph }) =>
    graph.add('ClipByValue', [
      inputs.x!,
      graph.number(attributes.clipValueMin as number, 'float32'),
      graph.number(attributes.clipValueMax as number, 'float32'),
    ]),
  Concat: ({ step: { attributes }, inputs, graph }) =>
    graph.add('ConcatV2', [...Object.values(inputs), graph.number(attributes.axis as number, 'int32')], {
      N: int(Object.keys(inputs).length),
    }),
  Pack: ({ step: { attributes }, inputs, graph }) =>
    graph.add('Pack', Object.values(inputs), {
      N: int(Object.keys(inputs).length),
      axis: int(attributes.axis as number),
    }),
  ExpandDims: ({ step: { attributes }, inputs, graph }) =>
    graph.add('ExpandDims', [inputs.input!, graph.number(attributes.dim as number, 'int32')]),
  PadV2: ({ step: { attributes }, inputs, graph }) => {
    const paddings = attributes.paddings as readonly (readonly [number, number])[];
    const list = graph.constant({
      dtype: 'int32',
      shape: [paddings.length, 2],
      data: Int32Array.from(paddings.flat()),
    });
    return graph.add('PadV2', [inputs.x!, list, graph.number(attributes.constantValue as number, 'float32')]);
  },
  Select: ({ inputs, graph }) => graph.add('SelectV2', [inputs.condition!, inputs.t!, inputs.e!]),
  Slice: ({ step: { attributes, inputs: operands }, inputs, graph }) => {
    const begin = attributes.begin as readonly number[];
    const size = attributes.size as readonly number[];
    // All of the batch, however large.
    const whole = operands.x?.kind === 'value' && begin[0] === 0 && size[0] === operands.x.shape[0];
    const sizes = whole ? [-1, ...size.slice(1)] : size;
    return graph.add('Slice', [inputs.x!, graph.list(begin), graph.list(sizes)]);
  },
  SplitV: ({ step: { attributes, values }, inputs, graph }) => {
    const sizes = graph.list(attributes.numOrSizeSplits as number[]);
    const axis = graph.number(attributes.axis as number, 'int32');
    const name = graph.add('SplitV', [inputs.x!, sizes, axis], { num_split: int(values.length) });
    return values.map((_, index) => (index === 0 ? name : `${name}:${index}`));
  },
  Tile: ({ step: { attributes }, inputs, graph }) =>
    graph.add('Tile', [inputs.x!, graph.list(attributes.reps as number[])]),
  Transpose: ({ step: { attributes }, inputs, graph }) =>
    graph.add('Transpose', [inputs.x!, graph.list(attributes.perm as number[])]),
  _FusedMatMul: ({ step: { attributes }, inputs, graph }) => {
    const product = graph.add('MatMul', [inputs.a!, inputs.b!], {
      transpose_a: bool(attributes.transposeA === true),
      transpose_b: bool(attributes.transposeB === true),
    });
    return biasAndActivation(graph, product, inputs.bias, attributes.activation as string | undefined);
  },
};
