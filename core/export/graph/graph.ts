/** What is known of a tensor that no image changes. */
export interface Constant {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** An attribute of an operation, in the words of TensorFlow's GraphDef. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'texts'; readonly value: readonly string[] }
  | { readonly kind: 'type'; readonly value: Constant['dtype'] }
  | { readonly kind: 'shape'; readonly value: readonly number[] };

/** A TensorFlow operation. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** Nodes and constants by name; `NAME:1` is a node's second output. */
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A computation in TensorFlow's operations, in an order in which it can be done. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, Constant>;
}

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const bool = (value: boolean): Attribute => ({ kind: 'bool', value });
export const text = (value: string): Attribute => ({ kind: 'text', value });
export const texts = (value: readonly string[]): Attribute => ({ kind: 'texts', value });
export const type = (value: Constant['dtype']): Attribute => ({ kind: 'type', value });
export const shape = (value: readonly number[]): Attribute => ({ kind: 'shape', value });

/** The name of the node that an input comes from. */
export function nodeOf(input: string): string {
  return input.split(':', 1)[0]!;
}

/** A graph that grows. */
export class GraphBuilder implements Graph {
  readonly nodes: GraphNode[] = [];
  readonly constants = new Map<string, Constant>();

  /** @returns the name of the operation's output, or of its first one */
  add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    name = `${op.replace(/^_/, '')}_${this.nodes.length}`,
  ): string {
    this.nodes.push({ name, op, inputs, attributes });
    return name;
  }

  constant(value: Constant, name = `constant_${this.constants.size}`): string {
    this.constants.set(name, value);
    return name;
  }

  /** A list of whole numbers, e.g. axes. */
  list(values: readonly number[]): string {
    return this.constant({ dtype: 'int32', shape: [values.length], data: Int32Array.from(values) });
  }

  /** One number. */
  number(value: number, dtype: 'int32' | 'float32'): string {
    const data = dtype === 'int32' ? Int32Array.of(value) : Float32Array.of(value);
    return this.constant({ dtype, shape: [], data });
  }
}
