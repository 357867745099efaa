import * as tf from '@tensorflow/tfjs';
import { input, type OverridingKernel } from '../../common/override-kernel.js';
import { averageCorrection, poolGrid, readsPadding, type PoolAttrs } from '../../common/window-padding.js';

/**
 * The gradient of an average pooling. The backend's own divides by all positions of a window, those in the padding
 * too, which its forward kernel does not: dy is scaled to make up for that.
 */
export const avgPoolGrad: OverridingKernel<PoolAttrs> = (inputs, attrs, stock) => {
  const grid = poolGrid(input(inputs, 'input').shape, attrs);
  if (!readsPadding(grid)) return stock(inputs, attrs);
  return stock({ ...inputs, dy: tf.mul(input(inputs, 'dy'), averageCorrection(grid)) }, attrs);
};
