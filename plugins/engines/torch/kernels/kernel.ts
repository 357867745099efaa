import type * as tf from '@tensorflow/tfjs';
import type { TorchBackend } from '../backend.js';

export type Info = tf.TensorInfo;

/** What a kernel is called with. */
export interface Call<Inputs = Readonly<Record<string, Info>>, Attrs = Readonly<Record<string, unknown>>> {
  readonly inputs: Inputs;
  readonly attrs: Attrs;
  readonly backend: TorchBackend;
}

/** One of the engine's own kernels, under tfjs' name for it. */
export interface OwnKernel {
  readonly name: string;
  run(call: Call): Info | Info[];
  /** The cases that it computes; the JavaScript kernel does the others. Default all, but for text and complex numbers. */
  accepts?(call: Call): boolean;
}

/** Types the inputs and attributes of a kernel where it is written; tfjs passes what the kernel's name promises. */
export function own<Inputs, Attrs = unknown>(
  name: string,
  run: (call: Call<Inputs, Attrs>) => Info | Info[],
  accepts?: (call: Call<Inputs, Attrs>) => boolean,
): OwnKernel {
  return {
    name,
    run: run as unknown as OwnKernel['run'],
    ...(accepts && { accepts: accepts as unknown as NonNullable<OwnKernel['accepts']> }),
  };
}

/** [height, width] from one number for both, or two. */
export function pair(value: number | readonly [number, number]): [number, number] {
  return typeof value === 'number' ? [value, value] : [value[0], value[1]];
}

/** What a fused kernel does last. */
export interface Activated {
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}
