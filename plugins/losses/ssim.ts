import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { definePart, maskedMean, type Loss } from '../../core/index.js';

const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;

/** Mean of each 3×3 window, stride 1, no padding. */
function windowMeans(x: tf.Tensor4D): tf.Tensor4D {
  return tf.avgPool(x, 3, 1, 'valid');
}

/**
 * Structural dissimilarity (Wang et al. 2004) over 3×3 windows: mean of (1 − SSIM)/2, clipped to [0, 1], with
 * SSIM = (2μ_xμ_y + C1)(2σ_xy + C2) / ((μ_x² + μ_y² + C1)(σ_x² + σ_y² + C2)). A window counts where all its pixels do.
 */
export const ssim = definePart({
  description: '(1 − SSIM)/2 over 3×3 windows, mean over windows of valid pixels.',
  options: z.strictObject({}),
  create: (): Loss => ({
    role: 'prediction',
    compute: (prediction, { value, mask }) =>
      tf.tidy(() => {
        const [x, y] = [prediction, value];
        const [mx, my] = [windowMeans(x), windowMeans(y)];
        const vx = tf.sub(windowMeans(tf.square(x)), tf.square(mx));
        const vy = tf.sub(windowMeans(tf.square(y)), tf.square(my));
        const vxy = tf.sub(windowMeans(tf.mul(x, y)), tf.mul(mx, my));
        const numerator = tf.mul(tf.add(tf.mul(tf.mul(mx, my), 2), c1), tf.add(tf.mul(vxy, 2), c2));
        const squares = tf.add(tf.add(tf.square(mx), tf.square(my)), c1);
        const similarity = tf.div(numerator, tf.mul(squares, tf.add(tf.add(vx, vy), c2)));
        const dissimilarity: tf.Tensor4D = tf.clipByValue(tf.mul(tf.sub(1, similarity), 0.5), 0, 1);
        const whole: tf.Tensor4D = tf.neg(tf.maxPool(tf.neg(mask), 3, 1, 'valid'));
        return maskedMean(dissimilarity, whole);
      }),
  }),
});
