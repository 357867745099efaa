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

/**
 * A convolution and batch norm; the activation (default none) comes after both.
 * @returns what puts them into a graph, with the same weights wherever it is used
 */
export function convNormLayers({
  conv,
  norm,
  activation = null,
  ...args
}: ConvNormArgs): (x: tf.SymbolicTensor) => tf.SymbolicTensor {
  const convolution = new Conv2d({ ...args, name: conv });
  const batchNorm = new BatchNorm({ name: norm, activation });
  return (x) => batchNorm.apply(convolution.apply(x)) as tf.SymbolicTensor;
}

/** Puts a convolution and batch norm into a graph; the activation (default none) comes after both. */
export function convNorm(x: tf.SymbolicTensor, args: ConvNormArgs): tf.SymbolicTensor {
  return convNormLayers(args)(x);
}
