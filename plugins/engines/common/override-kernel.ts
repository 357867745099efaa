import * as tf from '@tensorflow/tfjs';

type Inputs = Readonly<Record<string, tf.Tensor>>;

/** A backend's own kernel, called with tensors. */
export type StockKernel<Attrs> = (inputs: Inputs, attrs: Attrs) => tf.Tensor;

/** What stands in a stock kernel's place. What it makes besides its result is disposed. */
export type OverridingKernel<Attrs> = (inputs: Inputs, attrs: Attrs, stock: StockKernel<Attrs>) => tf.Tensor;

/**
 * Puts a kernel in the place of a backend's own one, which it can still call. The backend's kernels have to be
 * registered by then; one that the backend lacks stays lacking.
 */
export function overrideKernel<Attrs extends object>(
  backendName: string,
  kernelName: string,
  compute: OverridingKernel<Attrs>,
): void {
  // The type promises a kernel; the registry gives undefined for an unknown one.
  const stock: tf.KernelConfig | undefined = tf.getKernel(kernelName, backendName);
  if (!stock) return;
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    ...stock,
    // The engine passes tensors and the attributes that the operation of this name defines.
    kernelFunc: ({ inputs, attrs, backend }) => {
      const callStock: StockKernel<Attrs> = (others, otherAttrs) =>
        tensorOf(
          stock.kernelFunc({
            inputs: others,
            attrs: otherAttrs as unknown as tf.NamedAttrMap,
            backend,
          }),
        );
      return tf.tidy(() => compute(inputs as unknown as Inputs, attrs as unknown as Attrs, callStock));
    },
  });
}

/** Some backends' kernels give tensors, others what to make one of. */
function tensorOf(result: tf.TensorInfo | tf.TensorInfo[]): tf.Tensor {
  const [only] = Array.isArray(result) ? result : [result];
  if (!only) throw new Error('a kernel gave no result');
  return only instanceof tf.Tensor ? (only as tf.Tensor) : tf.engine().makeTensorFromTensorInfo(only);
}

/** An input by its name in the operation's definition. */
export function input<R extends tf.Rank>(inputs: Inputs, name: string): tf.Tensor<R> {
  const tensor = inputs[name];
  if (!tensor) throw new Error(`a kernel misses its input "${name}"`);
  return tensor as tf.Tensor<R>;
}
