/** The ground the kernels stand on: typed arrays straight over the WebAssembly heap, beside TensorFlow.js's own kernels. */
import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

type Inputs = Readonly<Record<string, tf.Tensor>>;

/**
 * A kernel of the wasm backend, written with tensors. What it makes besides its result is disposed.
 * @param compute inputs are float32 unless the operation says otherwise
 */
export function wasmKernel<Attrs>(
  kernelName: string,
  compute: (inputs: Inputs, attrs: Attrs) => tf.Tensor,
): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'wasm',
    // The engine passes tensors and the attributes that the operation of this name defines.
    kernelFunc: ({ inputs, attrs }) => tf.tidy(() => compute(inputs as unknown as Inputs, attrs as Attrs)),
  };
}

/** An input by its name in the operation's definition. */
export function input<R extends tf.Rank>(inputs: Inputs, name: string): tf.Tensor<R> {
  const tensor = inputs[name];
  if (!tensor) throw new Error(`a kernel misses its input "${name}"`);
  return tensor as tf.Tensor<R>;
}

function backend(): BackendWasm {
  return tf.backend() as unknown as BackendWasm;
}

/** A float32 tensor with unset values, to be filled through `floats`. */
export function allocate(shape: readonly number[]): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(backend().makeOutput([...shape], 'float32'));
}

/** A float32 tensor of zeros. */
export function zeros(shape: readonly number[]): tf.Tensor {
  const tensor = allocate(shape);
  floats(tensor).fill(0);
  return tensor;
}

/**
 * The numbers of a float32 tensor, to read or write in place.
 * Good until the next allocation: when the heap grows, it moves.
 */
export function floats(tensor: tf.TensorInfo): Float32Array {
  return backend().typedArrayFromHeap(tensor) as Float32Array;
}

/** Below this many numbers a loop beats the call of a native copy. */
const shortRun = 16;

/** Copies equally long runs of neighbouring numbers, e.g. the channels of a pixel, between two float32 tensors. */
export class RunCopier {
  /** One array over the whole heap: no view has to be made for each run. */
  private readonly heap: Float32Array;
  private readonly source: number;
  private readonly target: number;

  constructor(
    source: tf.TensorInfo,
    target: tf.TensorInfo,
    private readonly run: number,
  ) {
    this.heap = new Float32Array(floats(source).buffer);
    this.source = floats(source).byteOffset / 4;
    this.target = floats(target).byteOffset / 4;
  }

  /** @param from and `to`: positions in numbers from the start of each tensor */
  copy(from: number, to: number): void {
    const { heap, run } = this;
    const start = this.source + from;
    const goal = this.target + to;
    if (run < shortRun) {
      for (let i = 0; i < run; i++) heap[goal + i] = heap[start + i] as number;
    } else {
      heap.copyWithin(goal, start, start + run);
    }
  }
}
