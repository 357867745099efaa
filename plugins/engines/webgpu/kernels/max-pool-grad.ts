import * as tf from '@tensorflow/tfjs';
import { input, type OverridingKernel } from '../../common/override-kernel.js';
import { poolGrid, type PoolAttrs } from '../../common/window-padding.js';

/**
 * The gradient of a max pooling goes to the first of a window's largest values, as on the other engines and in other
 * frameworks. The backend's own takes the last: it is given everything upside down. Rows and columns that no window
 * reads are cut off before, so that the windows lie in the same places counted from the end.
 */
export const maxPoolGrad: OverridingKernel<PoolAttrs> = (inputs, attrs, stock) => {
  const [x, dy] = [input<tf.Rank.R4>(inputs, 'input'), input<tf.Rank.R4>(inputs, 'dy')];
  const [batch, height, width, channels] = x.shape;
  const { rows, columns } = poolGrid(x.shape, attrs);
  const [unreadRows, unreadColumns] = [Math.max(0, -rows.after), Math.max(0, -columns.after)];
  const read = tf.slice(x, 0, [batch, height - unreadRows, width - unreadColumns, channels]);
  const pad: tf.backend_util.ExplicitPadding = [
    [0, 0],
    [Math.max(0, rows.after), rows.before],
    [Math.max(0, columns.after), columns.before],
    [0, 0],
  ];
  // It finds the largest values itself and looks at no output.
  const dx = stock({ ...inputs, input: turn(read), dy: turn(dy) }, { ...attrs, pad });
  return tf.pad(turn(dx), [
    [0, 0],
    [0, unreadRows],
    [0, unreadColumns],
    [0, 0],
  ]);
};

/** By 180°. */
function turn(image: tf.Tensor): tf.Tensor {
  return tf.reverse(image, [1, 2]);
}
