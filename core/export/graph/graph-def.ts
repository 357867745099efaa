import type { Attribute, Constant, Graph } from './graph.js';

/** A graph as TensorFlow.js reads it: TensorFlow's GraphDef as JSON. */
export interface GraphDef {
  readonly node: readonly NodeDef[];
  readonly library: object;
  readonly versions: { readonly producer: number; readonly minConsumer: number };
}

interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, object>>;
}

const types = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' } as const;

export function graphDef({ nodes, constants }: Graph): GraphDef {
  const stored = [...constants].map(([name, { dtype, shape }]) => ({
    name,
    op: 'Const',
    input: [],
    attr: {
      dtype: { type: types[dtype] },
      value: { tensor: { dtype: types[dtype], tensorShape: tensorShape(shape) } },
    },
  }));
  const computed = nodes.map(({ name, op, inputs, attributes }) => ({
    name,
    op,
    input: inputs,
    attr: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, attribute(value)])),
  }));
  // The versions of GraphDef that TensorFlow 2 writes.
  return { node: [...stored, ...computed], library: {}, versions: { producer: 1395, minConsumer: 12 } };
}

/** What a signature says of a tensor. @param shape −1 for a length that may be any */
export function tensorInfo(name: string, dtype: Constant['dtype'], shape: readonly number[]): object {
  return { name: `${name}:0`, dtype: types[dtype], tensorShape: tensorShape(shape) };
}

/** As protocol buffers are written in JSON: whole numbers as texts, bytes in base 64. */
function attribute(given: Attribute): object {
  switch (given.kind) {
    case 'int':
      return { i: String(given.value) };
    case 'ints':
      return { list: { i: given.value.map(String) } };
    case 'float':
      return { f: given.value };
    case 'bool':
      return { b: given.value };
    case 'text':
      return { s: base64(given.value) };
    case 'texts':
      return { list: { s: given.value.map(base64) } };
    case 'type':
      return { type: types[given.value] };
    case 'shape':
      return { shape: tensorShape(given.value) };
  }
}

function tensorShape(shape: readonly number[]): object {
  return { dim: shape.map((length) => ({ size: String(length) })) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
