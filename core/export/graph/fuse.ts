import { int, nodeOf, texts, type Constant, type Graph, type GraphNode } from './graph.js';

/** A convolution, with what follows it channel by channel. */
interface Fused {
  readonly node: GraphNode;
  readonly kernel: Constant;
  /** A factor per output channel, then a summand. */
  readonly scale: Float64Array;
  readonly shift: Float64Array;
  readonly relu: boolean;
  /** Whether anything was taken in. */
  readonly extended: boolean;
}

/**
 * Puts into a convolution what follows it and nothing else reads before: factors and summands of its channels (a bias, a
 * batch norm), then a ReLU. A factor goes into the kernel: (k ∗ x)·s + b = (k·s) ∗ x + b. In a browser each of them would
 * be another pass over the map.
 */
export function fuse(graph: Graph): Graph {
  const readers = countReaders(graph.nodes);
  const convolutions = new Map<string, Fused>();
  /** What became a part of a convolution, by its name. */
  const within = new Map<string, string>();
  const kept: GraphNode[] = [];
  for (const node of graph.nodes) {
    const source = node.inputs
      .map((input) => within.get(input) ?? input)
      .find((input) => convolutions.has(input));
    const before = source === undefined ? undefined : convolutions.get(source);
    const isOnlyReader =
      before && node.inputs.every((input) => graph.constants.has(input) || readers.get(input) === 1);
    const more = isOnlyReader ? extend(before, node, graph) : undefined;
    if (more) {
      convolutions.set(source!, more);
      within.set(node.name, source!);
      continue;
    }
    const kernel = node.op === 'Conv2D' ? graph.constants.get(node.inputs[1]!) : undefined;
    if (kernel) convolutions.set(node.name, start(node, kernel));
    kept.push(node);
  }
  return assemble(graph, kept, convolutions, within);
}

function countReaders(nodes: readonly GraphNode[]): ReadonlyMap<string, number> {
  const readers = new Map<string, number>();
  for (const input of nodes.flatMap(({ inputs }) => inputs))
    readers.set(input, (readers.get(input) ?? 0) + 1);
  return readers;
}

function start(node: GraphNode, kernel: Constant): Fused {
  const channels = kernel.shape.at(-1)!;
  const scale = new Float64Array(channels).fill(1);
  return { node, kernel, scale, shift: new Float64Array(channels), relu: false, extended: false };
}

/** Undefined where an operation is not one that a convolution can take in. */
function extend(convolution: Fused, { op, inputs }: GraphNode, { constants }: Graph): Fused | undefined {
  if (convolution.relu) return undefined;
  const extended = { ...convolution, extended: true };
  if (op === 'Relu') return { ...extended, relu: true };
  if (op !== 'Mul' && op !== 'AddV2') return undefined;
  const values = perChannel(
    inputs.map((input) => constants.get(input)).find((found) => found !== undefined),
    convolution.scale.length,
  );
  if (!values) return undefined;
  const { scale, shift } = convolution;
  return op === 'Mul'
    ? { ...extended, scale: scale.map((s, c) => s * values(c)), shift: shift.map((b, c) => b * values(c)) }
    : { ...extended, shift: shift.map((b, c) => b + values(c)) };
}

/** The value of a constant for each channel; undefined where it is not one number, or one a channel. */
function perChannel(
  constant: Constant | undefined,
  channels: number,
): ((channel: number) => number) | undefined {
  if (constant?.dtype !== 'float32') return undefined;
  const { data, shape } = constant;
  if (data.length === 1 && shape.length <= 4) return () => data[0]!;
  return data.length === channels && shape.at(-1) === channels && shape.length <= 4
    ? (channel) => data[channel]!
    : undefined;
}

function assemble(
  { constants }: Graph,
  kept: readonly GraphNode[],
  convolutions: ReadonlyMap<string, Fused>,
  within: ReadonlyMap<string, string>,
): Graph {
  const all = new Map(constants);
  const nodes = kept.map((node) => {
    const inputs = node.inputs.map((input) => within.get(input) ?? input);
    const convolution = convolutions.get(node.name);
    if (!convolution?.extended) return { ...node, inputs };
    const [kernel, bias] = [`${node.name}.kernel`, `${node.name}.bias`];
    all.set(kernel, scaled(convolution));
    all.set(bias, {
      dtype: 'float32',
      shape: [convolution.shift.length],
      data: Float32Array.from(convolution.shift),
    });
    return fusedNode(node, [inputs[0]!, kernel, bias], convolution.relu);
  });
  const used = new Set(nodes.flatMap(({ inputs }) => inputs.map(nodeOf)));
  return { nodes, constants: new Map([...all].filter(([name]) => used.has(name))) };
}

function fusedNode({ name, attributes }: GraphNode, inputs: readonly string[], relu: boolean): GraphNode {
  return {
    name,
    op: '_FusedConv2D',
    inputs,
    attributes: {
      ...attributes,
      num_args: int(1),
      fused_ops: texts(relu ? ['BiasAdd', 'Relu'] : ['BiasAdd']),
    },
  };
}

function scaled({ kernel, scale }: Fused): Constant {
  const channels = scale.length;
  return {
    ...kernel,
    data: Float32Array.from(kernel.data, (value, place) => value * scale[place % channels]!),
  };
}
