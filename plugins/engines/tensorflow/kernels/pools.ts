import * as tf from '@tensorflow/tfjs';
import { input, overrideKernel, type OverridingKernel } from '../../common/override-kernel.js';
import { averageCorrection, poolGrid, type PoolAttrs } from '../../common/window-padding.js';
import { cropImage, isPaddedByNumbers, padImage } from './pad-windows.js';

/** Poolings and their gradients, padded by any numbers. */
export function registerPools(): void {
  overrideKernel('tensorflow', 'MaxPool', maxPool);
  overrideKernel('tensorflow', 'MaxPoolGrad', maxPoolGrad);
  overrideKernel('tensorflow', 'AvgPool', avgPool);
  overrideKernel('tensorflow', 'AvgPoolGrad', avgPoolGrad);
}

/** No padding is ever a window's largest value. */
const maxPool: OverridingKernel<PoolAttrs> = (inputs, attrs, stock) => {
  const x = input(inputs, 'x');
  const grid = poolGrid(x.shape, attrs);
  if (!isPaddedByNumbers(grid)) return stock(inputs, attrs);
  return stock({ x: padImage(x, grid, -Infinity) }, { ...attrs, pad: 'valid' });
};

const maxPoolGrad: OverridingKernel<PoolAttrs> = (inputs, attrs, stock) => {
  const x = input(inputs, 'input');
  const grid = poolGrid(x.shape, attrs);
  if (!isPaddedByNumbers(grid)) return stock(inputs, attrs);
  const dx = stock({ ...inputs, input: padImage(x, grid, -Infinity) }, { ...attrs, pad: 'valid' });
  return cropImage(dx, x.shape, grid);
};

/** The padding takes no part in the average. */
const avgPool: OverridingKernel<PoolAttrs> = (inputs, attrs, stock) => {
  const x = input(inputs, 'x');
  const grid = poolGrid(x.shape, attrs);
  if (!isPaddedByNumbers(grid)) return stock(inputs, attrs);
  return tf.mul(stock({ x: padImage(x, grid) }, { ...attrs, pad: 'valid' }), averageCorrection(grid));
};

const avgPoolGrad: OverridingKernel<PoolAttrs> = (inputs, attrs, stock) => {
  const x = input(inputs, 'input');
  const grid = poolGrid(x.shape, attrs);
  if (!isPaddedByNumbers(grid)) return stock(inputs, attrs);
  const dy = tf.mul(input(inputs, 'dy'), averageCorrection(grid));
  return cropImage(stock({ dy, input: padImage(x, grid) }, { ...attrs, pad: 'valid' }), x.shape, grid);
};
