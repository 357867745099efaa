import * as tf from '@tensorflow/tfjs';
import { badValue } from '../errors.js';
import { inputTensor } from './layer.js';

/** Shape of a window's map for that of the map it is taken from, and back. */
const halved = ([batch, height, width, channels]: tf.Shape): tf.Shape => [
  batch!,
  height! / 2,
  width! / 2,
  channels!,
];

/**
 * Max-pooling by windows of 2×2 that says where it found each maximum, for `MaxUnpool2d` to put something back there:
 * [batch, height, width, channels] → [the maxima, their indices], both [batch, height/2, width/2, channels]. An index is
 * 2·row + column within the window, float32, of the first maximum where there are several, as PyTorch has it (after ReLU there
 * often are). No gradient passes the indices.
 * @throws MtlError `SHAPE_MISMATCH` where height or width is odd
 */
export class IndexedMaxPool2d extends tf.layers.Layer {
  static readonly className = 'CrosstaskIndexedMaxPool2d';

  constructor(args: { readonly name?: string }) {
    super(args.name ? { name: args.name } : {});
  }

  override build(inputShape: tf.Shape): void {
    const [, height, width] = inputShape;
    if (height! % 2 !== 0 || width! % 2 !== 0) {
      throw badValue('SHAPE_MISMATCH', {
        what: `the map that ${this.name} pools`,
        expected: 'even height and width',
        found: `[${height}, ${width}]`,
      });
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape[] {
    return [halved(inputShape), halved(inputShape)];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
    const x = inputTensor(inputs);
    const indices = indicesOf(x);
    return [poolAt(x, indices), indices];
  }
}

tf.serialization.registerClass(IndexedMaxPool2d);

/**
 * The way back: [x, indices] → a map of twice the height and width with each value of x at its window's index, and 0
 * elsewhere.
 */
export class MaxUnpool2d extends tf.layers.Layer {
  static readonly className = 'CrosstaskMaxUnpool2d';

  constructor(args: { readonly name?: string }) {
    super(args.name ? { name: args.name } : {});
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, height, width, channels] = inputShape[0] as tf.Shape;
    return [batch!, height! * 2, width! * 2, channels!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, indices] = inputs as [tf.Tensor4D, tf.Tensor4D];
    return unpoolAt(x, indices);
  }
}

tf.serialization.registerClass(MaxUnpool2d);

/** One node on the tape, so that the comparisons keep nothing for a gradient that there is not. */
const indicesOf = tf.customGrad((input) => {
  const x = input as tf.Tensor4D;
  const { shape } = x;
  return { value: firstMaxima(x), gradFunc: () => tf.fill(shape, 0) };
}) as (x: tf.Tensor4D) => tf.Tensor4D;

/** The indices are no inputs of the node: a gradient with respect to them would have to be made up. */
function poolAt(x: tf.Tensor4D, indices: tf.Tensor4D): tf.Tensor4D {
  return tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([indices]);
    return {
      value: tf.maxPool(input as tf.Tensor4D, 2, 2, 'valid'),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => place(dy as tf.Tensor4D, saved as tf.Tensor4D),
    };
  })(x);
}

function unpoolAt(x: tf.Tensor4D, indices: tf.Tensor4D): tf.Tensor4D {
  return tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([indices]);
    return {
      value: place(input as tf.Tensor4D, indices),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => pick(dy as tf.Tensor4D, saved as tf.Tensor4D),
    };
  })(x);
}

/** The values at the four places of the windows, each [batch · height/2, 1, width/2, channels]. */
function corners(x: tf.Tensor4D): readonly [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] {
  const [batch, height, width, channels] = x.shape;
  const rows = (batch * height) / 2;
  const pairs = x.reshape<tf.Tensor4D>([rows, 2, width / 2, 2 * channels]);
  const corner = (row: number, column: number): tf.Tensor4D =>
    tf.slice(pairs, [0, row, 0, column * channels], [rows, 1, width / 2, channels]);
  return [corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)];
}

function firstMaxima(x: tf.Tensor4D): tf.Tensor4D {
  const [first, second, third, fourth] = corners(x);
  const above = (value: tf.Tensor, best: tf.Tensor, index: number): tf.Tensor =>
    tf.mul(tf.cast(tf.greater(value, best), 'float32'), index);
  const upper = tf.maximum(first, second);
  // A later place wins over an earlier one where its value is greater than all before.
  const index = tf.maximum(
    tf.maximum(above(second, first, 1), above(third, upper, 2)),
    above(fourth, tf.maximum(upper, third), 3),
  );
  return index.reshape(halved(x.shape) as [number, number, number, number]);
}

/** Σ_k x_k · [index = k] for the values x_k at the k-th places of the windows. */
function pick(x: tf.Tensor4D, indices: tf.Tensor4D): tf.Tensor4D {
  const [first, ...others] = corners(x);
  const at = indices.reshape(first.shape);
  const picked = others.reduce(
    (value: tf.Tensor, corner, other) => tf.where(tf.equal(at, other + 1), corner, value),
    first,
  );
  return picked.reshape(indices.shape);
}

/** The adjoint of `pick`: y at each window's index, 0 elsewhere. */
function place(y: tf.Tensor4D, indices: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = y.shape;
  const shape = [batch * height, 1, width, channels];
  const [values, at] = [y.reshape(shape), indices.reshape(shape)];
  const zeros = tf.zerosLike(values);
  const [first, second, third, fourth] = [0, 1, 2, 3].map((index) =>
    tf.where(tf.equal(at, index), values, zeros),
  ) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const rows = tf.concat([tf.concat([first, second], 3), tf.concat([third, fourth], 3)], 1);
  return rows.reshape([batch, 2 * height, 2 * width, channels]);
}
