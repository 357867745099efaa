import * as tf from '@tensorflow/tfjs';
import { convNorm, MaxUnpool2d, type BackboneStage } from '../../../core/index.js';
import type { EncoderColumn, Join } from './encoder.js';

/** A SegNet decoder's maps in a graph, coarsest first. */
export interface DecoderColumn {
  /** What each stage begins with. */
  readonly unpooled: readonly tf.SymbolicTensor[];
  /** What each stage's last convolution gives. */
  readonly lasts: readonly tf.SymbolicTensor[];
}

export interface DecoderArgs {
  readonly stages: readonly BackboneStage[];
  /** One for each decoder. */
  readonly encoders: readonly EncoderColumn[];
  /** What the layers' names of each decoder begin with: `` or `TASK.`. */
  readonly prefixes: readonly string[];
  /** Before unpooling. Default: every column goes on with its own. */
  readonly join?: Join;
  /** After unpooling. Default: every column goes on with its own. */
  readonly joinUnpooled?: Join;
  /** How many of the first columns end with their finest unpooled map, since nothing reads what would follow. */
  readonly unfinished?: number;
}

/**
 * SegNet decoders side by side, stage by stage from the coarsest (5) to the finest (1): a stage unpools to the indices of
 * the encoder's stage of the same number, then has as many 3×3 convolutions with batch norm and ReLU, at the channels of the
 * stage below. The finest keeps the channels that it is fed but for its last convolution.
 */
export function decoderColumns({ stages, encoders, prefixes, ...options }: DecoderArgs): {
  /** Of each column: the coarsest pooled map, then the indices, finest first. */
  readonly inputs: readonly tf.SymbolicTensor[];
  readonly columns: readonly DecoderColumn[];
} {
  const { join = (values) => values, joinUnpooled = (values) => values, unfinished = 0 } = options;
  const inputs = encoders.map((encoder, at) => inputsOf(encoder, prefixes[at]!));
  const columns = encoders.map(() => ({
    unpooled: [] as tf.SymbolicTensor[],
    lasts: [] as tf.SymbolicTensor[],
  }));
  for (let level = stages.length; level >= 1; level--) {
    const fed = join(
      columns.map(({ lasts }, at) => lasts.at(-1) ?? inputs[at]!.pooled),
      level,
    );
    columns.forEach(({ unpooled }, at) => {
      const unpool = new MaxUnpool2d({ name: `${prefixes[at]!}stage${level}.unpool` });
      unpooled.push(unpool.apply([fed[at]!, inputs[at]!.indices[level - 1]!]) as tf.SymbolicTensor);
    });
    const widened = joinUnpooled(
      columns.map(({ unpooled }) => unpooled.at(-1)!),
      level,
    );
    columns.forEach(({ lasts }, at) => {
      if (level === 1 && at < unfinished) return;
      lasts.push(mirror(stages, level, widened[at]!, `${prefixes[at]!}stage${level}`));
    });
  }
  return { inputs: inputs.flatMap(({ pooled, indices }) => [pooled, ...indices]), columns };
}

function inputsOf({ pooled, indices }: EncoderColumn, prefix: string) {
  const input = ({ shape }: tf.SymbolicTensor, name: string): tf.SymbolicTensor =>
    tf.input({ shape: shape.slice(1), name: `${prefix}${name}` });
  return {
    pooled: input(pooled.at(-1)!, 'pooled'),
    indices: indices.map((map, index) => input(map, `indices${index + 1}`)),
  };
}

/** The convolutions of the decoder's stage that mirrors the encoder's of this level. */
function mirror(
  stages: readonly BackboneStage[],
  level: number,
  x: tf.SymbolicTensor,
  name: string,
): tf.SymbolicTensor {
  const { convolutions } = stages[level - 1]!;
  const out = stages[Math.max(0, level - 2)]!.channels;
  const inner = level === 1 ? x.shape.at(-1)! : out;
  let y = x;
  for (let index = 1; index <= convolutions; index++) {
    y = convNorm(y, {
      conv: `${name}.conv${index}`,
      norm: `${name}.bn${index}`,
      filters: index < convolutions ? inner : out,
      kernelSize: 3,
      activation: 'relu',
    });
  }
  return y;
}
