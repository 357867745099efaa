import * as tf from '@tensorflow/tfjs';
import type { TorchBackend } from '../backend.js';

type Info = tf.TensorInfo;
type KernelParams = Parameters<tf.KernelFunc>[0];

/** What the kernels of tfjs' plain JavaScript backend are given and give. */
interface CpuBackend extends tf.KernelBackend {
  /** Whether it still has to recommend another backend on the console. */
  firstUse: boolean;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: unknown): Info;
  disposeIntermediateTensorInfo(info: Info): void;
}

const javascript = 'cpu';

/** How often each kernel was left to JavaScript in this process. */
const counts = new Map<string, number>();

/** How often kernels were left to JavaScript; an engine's own kernels are, for inputs that they do not take. */
export function fallbackCount(name: string): number {
  return counts.get(name) ?? 0;
}

/**
 * Runs a kernel of tfjs' plain JavaScript backend on copies of the inputs. Slow, and meant to be: for what is rare.
 * @throws Error where that backend lacks the kernel as well
 */
export function fallBack(
  name: string,
  { inputs, attrs }: KernelParams,
  backend: TorchBackend,
): Info | Info[] {
  const kernel = tf.getKernel(name, javascript) as tf.KernelConfig | undefined;
  if (!kernel)
    throw new Error(`Kernel '${name}' not registered for backend 'torch', nor for '${javascript}'`);
  counts.set(name, (counts.get(name) ?? 0) + 1);
  const cpu = tf.findBackend(javascript) as CpuBackend;
  cpu.firstUse = false;
  const made: Info[] = [];
  try {
    const copied = copiesOf(inputs, backend, cpu, made);
    const found = kernel.kernelFunc({ inputs: copied, attrs, backend: cpu } as unknown as KernelParams);
    const outputs = Array.isArray(found) ? found : [found];
    made.push(...outputs);
    const results = outputs.map(({ dataId, shape, dtype }) => ({
      dataId: backend.write(cpu.readSync(dataId), shape, dtype),
      shape,
      dtype,
    }));
    return Array.isArray(found) ? results : results[0]!;
  } finally {
    for (const info of made) if (cpu.refCount(info.dataId) > 0) cpu.disposeIntermediateTensorInfo(info);
  }
}

/** Inputs come by name, some of them in lists. */
function copiesOf(inputs: unknown, backend: TorchBackend, cpu: CpuBackend, copies: Info[]): unknown {
  if (inputs === undefined || inputs === null) return inputs;
  if (isInfo(inputs)) {
    const copy = copyOf(inputs, backend, cpu);
    copies.push(copy);
    // Some kernels ask for what only tensors have.
    return { ...copy, rank: copy.shape.length };
  }
  if (Array.isArray(inputs)) return inputs.map((input) => copiesOf(input, backend, cpu, copies));
  const entries = Object.entries(inputs).map(([key, input]) => [key, copiesOf(input, backend, cpu, copies)]);
  return Object.fromEntries(entries) as unknown;
}

function copyOf({ dataId, shape, dtype }: Info, backend: TorchBackend, cpu: CpuBackend): Info {
  const values = backend.readSync(dataId);
  if (dtype !== 'complex64') return cpu.makeTensorInfo(shape, dtype, values);
  const parts = tf.backend_util.splitRealAndImagArrays(values as Float32Array);
  const [real, imag] = [parts.real, parts.imag].map((part) => cpu.makeTensorInfo(shape, 'float32', part));
  const complex = tf.getKernel('Complex', javascript).kernelFunc({
    inputs: { real: real!, imag: imag! },
    backend: cpu,
    attrs: undefined,
  } as unknown as KernelParams) as Info;
  for (const part of [real!, imag!]) cpu.disposeIntermediateTensorInfo(part);
  return complex;
}

function isInfo(value: object): value is Info {
  return 'dataId' in value && 'shape' in value;
}
