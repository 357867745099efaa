import type * as tf from '@tensorflow/tfjs';
import { BatchNorm } from './batch-norm.js';
import { Conv2d, type Conv2dArgs } from './conv2d.js';

/** A convolution, and the names of its layers. */
export interface ConvNormArgs extends Omit<Conv2dArgs, 'name'> {
  /** Name of the convolution. */
  readonly conv: string;
  /** Name of the batch norm. */
  readonly norm: string;
}

/** Puts a convolution and batch norm into a graph; the activation (default none) comes after both. */
export function convNorm(
  x: tf.SymbolicTensor,
  { conv, norm, activation = null, ...args }: ConvNormArgs,
): tf.SymbolicTensor {
  const y = new Conv2d({ ...args, name: conv }).apply(x) as tf.SymbolicTensor;
  return new BatchNorm({ name: norm, activation }).apply(y) as tf.SymbolicTensor;
}
