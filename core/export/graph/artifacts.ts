import type { io } from '@tensorflow/tfjs';
import { badValue } from '../../errors.js';
import type { Constant } from './graph.js';
import { graphDef, tensorInfo, type GraphDef } from './graph-def.js';
import type { ModelGraph } from './graph-model.js';
import { largestHalf, toHalf } from './half.js';

export interface ArtifactOptions {
  /** Stores the kernels of convolutions at half precision. */
  readonly half: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A model as `tf.loadGraphModel` takes it from memory. */
export interface GraphModelArtifacts {
  readonly format: 'graph-model';
  readonly generatedBy: string;
  readonly convertedBy: string | null;
  readonly modelTopology: GraphDef;
  readonly signature: object;
  readonly userDefinedMetadata: Readonly<Record<string, unknown>>;
  readonly weightSpecs: io.WeightsManifestEntry[];
  readonly weightData: ArrayBuffer;
}

/** @throws MtlError `EXPORT_UNSUPPORTED` where a weight is beyond half precision */
export function artifactsOf(
  { graph, inputs, outputs }: ModelGraph,
  { half, metadata }: ArtifactOptions,
): GraphModelArtifacts {
  const stored = [...graph.constants].map(([name, constant]) => store(name, constant, half));
  const bytes = Buffer.concat(stored.map(({ bytes }) => bytes));
  const ports = (all: ModelGraph['inputs']): object =>
    Object.fromEntries(
      Object.entries(all).map(([name, { dtype, shape }]) => [name, tensorInfo(name, dtype, shape)]),
    );
  return {
    format: 'graph-model',
    generatedBy: 'crosstask',
    convertedBy: null,
    modelTopology: graphDef(graph),
    signature: { inputs: ports(inputs), outputs: ports(outputs) },
    // With the keys, `predict` gives the outputs by name rather than in a list.
    userDefinedMetadata: { ...metadata, structuredOutputKeys: Object.keys(outputs) },
    weightSpecs: stored.map(({ spec }) => spec),
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  };
}

interface Stored {
  readonly spec: io.WeightsManifestEntry;
  readonly bytes: Uint8Array;
}

function store(name: string, { dtype, shape, data }: Constant, half: boolean): Stored {
  const spec = { name, dtype, shape: [...shape] };
  // What is not a kernel is small, and may be the least float32.
  if (!half || shape.length !== 4 || !(data instanceof Float32Array)) return { spec, bytes: bytesOf(data) };
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest > largestHalf) {
    throw badValue('EXPORT_UNSUPPORTED', {
      what: '--quantize float16',
      expected: `weights of at most ${largestHalf} in size`,
      found: `${largest} in ${name}`,
      fix: 'export it without --quantize',
    });
  }
  return { spec: { ...spec, quantization: { dtype: 'float16' } }, bytes: bytesOf(toHalf(data)) };
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
