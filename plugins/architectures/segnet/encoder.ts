import * as tf from '@tensorflow/tfjs';
import { IndexedMaxPool2d, type BackboneStage, type Size } from '../../../core/index.js';

/** A SegNet encoder's maps in a graph, finest first. */
export interface EncoderColumn {
  /** What each stage's first convolution gives. */
  readonly firsts: readonly tf.SymbolicTensor[];
  /** What each stage's last convolution gives. */
  readonly lasts: readonly tf.SymbolicTensor[];
  readonly pooled: readonly tf.SymbolicTensor[];
  /** Where in each window the pooled values were. */
  readonly indices: readonly tf.SymbolicTensor[];
}

/**
 * What the columns' next stages are fed, from what their last ones gave.
 * @param level the next stage, from 1
 */
export type Join = (values: readonly tf.SymbolicTensor[], level: number) => readonly tf.SymbolicTensor[];

export interface EncoderArgs {
  readonly size: Size;
  readonly stages: readonly BackboneStage[];
  /** What the layers' names of each encoder begin with: `` or `TASK.`. */
  readonly prefixes: readonly string[];
  /** Default: every column goes on with its own. */
  readonly join?: Join;
}

/** SegNet encoders side by side, stage by stage: [batch, height, width, 3] → the maps of each. */
export function encoderColumns({ size, stages, prefixes, join = (values) => values }: EncoderArgs): {
  readonly image: tf.SymbolicTensor;
  readonly columns: readonly EncoderColumn[];
} {
  const image = tf.input({ shape: [size.height, size.width, 3], name: 'image' });
  const columns = prefixes.map(() => ({
    firsts: [] as tf.SymbolicTensor[],
    lasts: [] as tf.SymbolicTensor[],
    pooled: [] as tf.SymbolicTensor[],
    indices: [] as tf.SymbolicTensor[],
  }));
  stages.forEach((stage, index) => {
    const fed =
      index === 0
        ? columns.map(() => image)
        : join(
            columns.map(({ pooled }) => pooled.at(-1)!),
            index + 1,
          );
    columns.forEach((column, at) => {
      const name = `${prefixes[at]!}stage${index + 1}`;
      const [first, last] = stage.build(fed[at]!, name);
      const pool = new IndexedMaxPool2d({ name: `${name}.pool` });
      const [maxima, indices] = pool.apply(last) as tf.SymbolicTensor[];
      column.firsts.push(first);
      column.lasts.push(last);
      column.pooled.push(maxima!);
      column.indices.push(indices!);
    });
  });
  return { image, columns };
}
