import * as tf from '@tensorflow/tfjs';
import { currentPart, currentWorld, meansOverRanks } from '../world/current.js';
import { fused, hasFused } from './fused.js';
import { inputTensor, variableOf } from './layer.js';

/** PyTorch's defaults (METHOD §2): new = 0.9 · old + 0.1 · batch. */
const momentum = 0.1;
const epsilon = 1e-5;

let following = true;

/** Runs something, after whose end the moving statistics are what they were, though it computes with `training: true`. */
export function keepingStatistics<T>(run: () => T): T {
  const before = following;
  following = false;
  try {
    return run();
  } finally {
    following = before;
  }
}

/** As tfjs' own layers take them. */
export interface BatchNormArgs {
  readonly name?: string;
  /** Default none. */
  readonly activation?: 'relu' | null;
}

/**
 * Batch normalisation over [batch, height, width], optionally followed by ReLU, as PyTorch defines it: normalises by
 * the biased batch variance, keeps the unbiased one. Weights: `gamma`, `beta`, `movingMean`, `movingVariance`
 * [channels]. The moving statistics follow each call with `training: true`, and are what other calls use. The batch is
 * this rank's part of it where several train together, unless `distributed.syncBatchNorm` is set.
 */
export class BatchNorm extends tf.layers.Layer {
  static readonly className = 'CrosstaskBatchNorm';
  private readonly activation: 'relu' | null;
  private gamma: tf.LayerVariable | undefined;
  private beta: tf.LayerVariable | undefined;
  private movingMean: tf.LayerVariable | undefined;
  private movingVariance: tf.LayerVariable | undefined;

  constructor({ name, activation = null }: BatchNormArgs) {
    super(name ? { name } : {});
    this.activation = activation;
  }

  override build(inputShape: tf.Shape): void {
    const shape = [inputShape.at(-1)!];
    const [zeros, ones] = [tf.initializers.zeros(), tf.initializers.ones()];
    this.gamma = this.addWeight('gamma', shape, 'float32', ones);
    this.beta = this.addWeight('beta', shape, 'float32', zeros);
    this.movingMean = this.addWeight('movingMean', shape, 'float32', zeros, undefined, false);
    this.movingVariance = this.addWeight('movingVariance', shape, 'float32', ones, undefined, false);
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor {
    const x = inputTensor(inputs);
    const gamma = variableOf(this.gamma) as unknown as tf.Tensor1D;
    const beta = variableOf(this.beta) as unknown as tf.Tensor1D;
    if (kwargs.training) {
      return normalizeByBatch(x, gamma, beta, this.activation, (mean, variance, count) =>
        this.follow(mean, variance, count ?? x.size / mean.size),
      );
    }
    return tf.tidy(() => {
      const scale = tf.mul(gamma, tf.rsqrt(tf.add(variableOf(this.movingVariance), epsilon)));
      const y = tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(variableOf(this.movingMean), scale)));
      return this.activation ? tf.relu(y) : y;
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), activation: this.activation };
  }

  private follow(mean: tf.Tensor1D, variance: tf.Tensor1D, count: number | tf.Scalar): void {
    if (!following) return;
    const unbiased =
      typeof count === 'number'
        ? count / Math.max(1, count - 1)
        : tf.div(count, tf.maximum(1, tf.sub(count, 1)));
    move(variableOf(this.movingMean), mean);
    move(variableOf(this.movingVariance), tf.mul(variance, unbiased));
  }
}

tf.serialization.registerClass(BatchNorm);

function move(average: tf.Variable, value: tf.Tensor): void {
  average.assign(tf.add(tf.mul(average, 1 - momentum), tf.mul(value, momentum)));
}

/**
 * Sum over all but the last axis. [rows, channels] → [channels]
 * @param shape that of the map: an engine that adds up axis by axis loses fewer digits than one that adds row by row
 */
function channelSums(x: tf.Tensor2D, shape: MapShape): tf.Tensor1D {
  return tf.sum(x.reshape([...shape]), [0, 1, 2]);
}

/** @param count of values that they are of, where those are not this map's own */
type Statistics = (mean: tf.Tensor1D, variance: tf.Tensor1D, count?: tf.Scalar) => void;

/**
 * Training batch norm (Ioffe & Szegedy 2015) as one node on the tape:
 * x̂ = (x − μ)/√(σ² + ε), y = γx̂ + β;
 * dx = γ/√(σ² + ε) · (dy − mean(dy) − x̂ · mean(dy·x̂)), dγ = Σ dy·x̂, dβ = Σ dy.
 */
function normalizeByBatch(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  activation: 'relu' | null,
  onStatistics: Statistics,
): tf.Tensor4D {
  const normalize = currentWorld()?.syncBatchNorm
    ? overRanks
    : hasFused('BatchNormTrain')
      ? inOnePass
      : inSteps;
  return tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, scale, shift, save] = args as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    return normalize(input, scale, shift, save, activation === 'relu', onStatistics);
  })(x, gamma, beta) as tf.Tensor4D;
}

interface Differentiable {
  readonly value: tf.Tensor;
  readonly gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[];
}

/** By the engine's own kernels. */
function inOnePass(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  save: tf.GradSaveFunc,
  relu: boolean,
  onStatistics: Statistics,
): Differentiable {
  const attrs = { epsilon, relu };
  const [value, mean, variance, inverse] = fused('BatchNormTrain', { x, scale, offset }, attrs) as [
    tf.Tensor4D,
    ...tf.Tensor1D[],
  ];
  onStatistics(mean!, variance!);
  save([x, mean!, inverse!, scale, offset]);
  return {
    value,
    gradFunc: (dy, saved) => {
      const [input, mu, inv, g, b] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      return fused(
        'BatchNormTrainGrad',
        { dy, x: input, mean: mu, inverse: inv, scale: g, offset: b },
        attrs,
      )!;
    },
  };
}

/** By public ops. */
function inSteps(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  save: tf.GradSaveFunc,
  relu: boolean,
  onStatistics: Statistics,
): Differentiable {
  const channels = gamma.size;
  const rows = x.size / channels;
  const { shape } = x;
  const flat = x.reshape<tf.Tensor2D>([rows, channels]);
  const mean = tf.div<tf.Tensor1D>(channelSums(flat, shape), rows);
  const centered = tf.sub<tf.Tensor2D>(flat, mean);
  const variance = tf.div<tf.Tensor1D>(channelSums(tf.square(centered), shape), rows);
  onStatistics(mean, variance);
  const { inverse, value } = scaled({ centered, variance, gamma, beta, relu, shape });
  save(relu ? [centered, inverse, gamma, value] : [centered, inverse, gamma]);
  return {
    value,
    gradFunc: (dy, saved) => {
      const [xc, inv, g, y] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.Tensor4D | undefined];
      const own = gradientSums(dy, { xc, inv, y, shape });
      const dx = inputGradient({ ...own, xc, inv, g, rows });
      return [dx.reshape(shape), own.dGamma, own.dBeta];
    },
  };
}

type MapShape = readonly [number, number, number, number];

/** γ (x − μ)/√(σ² + ε) + β, then ReLU where it is asked for, and 1/√(σ² + ε). */
function scaled(args: {
  readonly centered: tf.Tensor2D;
  readonly variance: tf.Tensor1D;
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
  readonly relu: boolean;
  readonly shape: MapShape;
}): { readonly inverse: tf.Tensor1D; readonly value: tf.Tensor4D } {
  const { centered, variance, gamma, beta, relu, shape } = args;
  const inverse = tf.rsqrt<tf.Tensor1D>(tf.add(variance, epsilon));
  const linear = tf.add(tf.mul(centered, tf.mul(gamma, inverse)), beta);
  return { inverse, value: (relu ? tf.relu(linear) : linear).reshape([...shape]) };
}

/** The gradient before the activation, and of it dβ and dγ: its sums, and those with the normalised values. */
function gradientSums(
  dy: tf.Tensor,
  saved: {
    readonly xc: tf.Tensor2D;
    readonly inv: tf.Tensor1D;
    /** Where there is a ReLU. */
    readonly y: tf.Tensor4D | undefined;
    readonly shape: MapShape;
  },
): { readonly dz: tf.Tensor2D; readonly dGamma: tf.Tensor1D; readonly dBeta: tf.Tensor1D } {
  const { xc, inv, y, shape } = saved;
  const dz = (y ? tf.mul(dy, tf.step(y)) : dy).reshape<tf.Tensor2D>(xc.shape);
  const dBeta = channelSums(dz, shape);
  const dGamma = tf.mul<tf.Tensor1D>(channelSums(tf.mul(dz, xc), shape), inv);
  return { dz, dGamma, dBeta };
}

/** @param args whose dγ and dβ are sums over `rows` pixels */
function inputGradient(args: {
  readonly dz: tf.Tensor2D;
  readonly dGamma: tf.Tensor1D;
  readonly dBeta: tf.Tensor1D;
  readonly xc: tf.Tensor2D;
  readonly inv: tf.Tensor1D;
  readonly g: tf.Tensor1D;
  readonly rows: number | tf.Scalar;
}): tf.Tensor {
  const { dz, dGamma, dBeta, xc, inv, g, rows } = args;
  const slope = tf.div(tf.mul(inv, dGamma), rows);
  return tf.mul(tf.sub(tf.sub(dz, tf.mul(xc, slope)), tf.div(dBeta, rows)), tf.mul(g, inv));
}

/**
 * By the statistics of all ranks' samples: one exchange for their mean, one for their variance, and one for the sums of the
 * gradient. What is exchanged are means over the ranks, of sums and of counts alike, so that their quotients are those of
 * the whole batch. dγ and dβ stay this rank's own, as every parameter's gradient does.
 */
function overRanks(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  save: tf.GradSaveFunc,
  relu: boolean,
  onStatistics: Statistics,
): Differentiable {
  const channels = gamma.size;
  const { shape } = x;
  const flat = x.reshape<tf.Tensor2D>([x.size / channels, channels]);
  // A rank without a sample of its own computes on one that does not count.
  const counts = currentPart()?.count === 0 ? 0 : 1;
  const own = tf.scalar(counts * flat.shape[0]);
  const [total, rows] = meansOverRanks<tf.Tensor>([tf.mul(channelSums(flat, shape), counts), own]);
  const mean = tf.div<tf.Tensor1D>(total!, rows!);
  const centered = tf.sub<tf.Tensor2D>(flat, mean);
  const [squares] = meansOverRanks([tf.mul(channelSums(tf.square(centered), shape), counts)]);
  const variance = tf.div<tf.Tensor1D>(squares!, rows!);
  onStatistics(mean, variance, tf.mul(rows as tf.Scalar, currentWorld()!.world.size));
  const { inverse, value } = scaled({ centered, variance, gamma, beta, relu, shape });
  save([centered, inverse, gamma, rows!, ...(relu ? [value] : [])]);
  return {
    value,
    gradFunc: (dy, saved) => {
      const [xc, inv, g, n, y] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.Scalar, tf.Tensor4D?];
      const own = gradientSums(dy, { xc, inv, y, shape });
      const [dGamma, dBeta] = meansOverRanks([own.dGamma, own.dBeta]);
      const dx = inputGradient({ dz: own.dz, dGamma: dGamma!, dBeta: dBeta!, xc, inv, g, rows: n });
      return [tf.mul(dx, counts).reshape(shape), own.dGamma, own.dBeta];
    },
  };
}
