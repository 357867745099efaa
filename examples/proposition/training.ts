import * as tf from '@tensorflow/tfjs';
import { Random, stopGradient } from 'crosstask';
import { createWeighter, minimize } from 'crosstask/weighters';
import type { Distances, Measured } from './means.js';
import type { Outcome } from './quantities.js';

export interface TrainingOptions {
  /** Of the direct predictors first, then of the transfer nets. */
  readonly steps: number;
  /** Steps between two measurements. */
  readonly every: number;
  readonly batchSize: number;
  readonly seed: number;
}

interface Networks {
  /** x → the predictions of y and z, with a trunk for both. */
  readonly direct: tf.LayersModel;
  /** z → y, one trained with each loss. */
  readonly transfers: Readonly<Record<keyof Distances<number>, tf.LayersModel>>;
}

/**
 * Trains direct predictors of y and z, holds them fixed, and trains two transfer nets from z to y on the same draws, one
 * with the alignment loss and one with the consistency loss. All outcomes need the same weight.
 * @returns the mean squared distance of each transferred from the direct prediction, over the distribution of x
 */
export async function trainTransfers(
  outcomes: readonly Outcome[],
  { steps, every, batchSize, seed }: TrainingOptions,
): Promise<readonly Measured[]> {
  const networks = createNetworks(seed);
  const { direct, transfers } = networks;
  const drawn = (phase: string, step: number): readonly Outcome[] => {
    const random = new Random(seed, phase, step);
    return Array.from({ length: batchSize }, () => random.pick(outcomes));
  };
  await descend([direct], ['direct'], steps, (step) => ({
    direct: directLoss(direct, drawn('direct', step)),
  }));
  const measured: Measured[] = [{ at: 0, ...(await measure(networks, outcomes)) }];
  await descend(
    Object.values(transfers),
    Object.keys(transfers),
    steps,
    (step) => transferLosses(networks, drawn('transfer', step)),
    async (step) => {
      if (step % every === 0) measured.push({ at: step, ...(await measure(networks, outcomes)) });
    },
  );
  for (const model of [direct, ...Object.values(transfers)]) model.dispose();
  return measured;
}

/** Adam on the losses' sum, with steps that become shorter. */
async function descend(
  models: readonly tf.LayersModel[],
  tasks: readonly string[],
  steps: number,
  losses: (step: number) => Record<string, tf.Scalar>,
  afterStep?: (step: number) => Promise<void>,
): Promise<void> {
  const weighter = createWeighter('equal', { tasks });
  const optimizer = tf.train.adam(0);
  const variables = models.flatMap((model) =>
    model.trainableWeights.map((weight) => weight.read() as tf.Variable),
  );
  for (let step = 1; step <= steps; step++) {
    Object.assign(optimizer, { learningRate: 0.01 * (1 - step / (steps + 1)) });
    await minimize(() => losses(step), { weighter, variables, optimizer });
    await afterStep?.(step);
  }
  weighter.dispose();
  optimizer.dispose();
}

function createNetworks(seed: number): Networks {
  let layers = 0;
  const dense = (units: number, activation: 'tanh' | 'linear') =>
    tf.layers.dense({
      units,
      activation,
      kernelInitializer: tf.initializers.glorotUniform({ seed: seed + layers++ }),
    });
  const hidden = (from: tf.SymbolicTensor): tf.SymbolicTensor =>
    dense(32, 'tanh').apply(dense(32, 'tanh').apply(from)) as tf.SymbolicTensor;
  const model = (heads: number): tf.LayersModel => {
    const input = tf.input({ shape: [1] });
    const features = hidden(input);
    const outputs = Array.from(
      { length: heads },
      () => dense(1, 'linear').apply(features) as tf.SymbolicTensor,
    );
    return tf.model({ inputs: input, outputs });
  };
  return { direct: model(2), transfers: { alignment: model(1), consistency: model(1) } };
}

function directLoss(direct: tf.LayersModel, batch: readonly Outcome[]): tf.Scalar {
  const [ofY, ofZ] = direct.apply(column(batch, 'x')) as [tf.Tensor, tf.Tensor];
  return tf.add(squaredDistance(ofY, column(batch, 'y')), squaredDistance(ofZ, column(batch, 'z')));
}

/** ALIGN: the transferred prediction against the label. XTC: against the direct prediction. */
function transferLosses(
  { direct, transfers }: Networks,
  batch: readonly Outcome[],
): Record<string, tf.Scalar> {
  const [ofY, ofZ] = (direct.apply(column(batch, 'x')) as tf.Tensor[]).map(stopGradient) as [
    tf.Tensor,
    tf.Tensor,
  ];
  return {
    alignment: squaredDistance(transfers.alignment.apply(ofZ) as tf.Tensor, column(batch, 'y')),
    consistency: squaredDistance(transfers.consistency.apply(ofZ) as tf.Tensor, ofY),
  };
}

async function measure(
  { direct, transfers }: Networks,
  outcomes: readonly Outcome[],
): Promise<Distances<number>> {
  const distances = tf.tidy(() => {
    const [ofY, ofZ] = direct.apply(column(outcomes, 'x')) as [tf.Tensor, tf.Tensor];
    return tf.stack(
      [transfers.consistency, transfers.alignment].map((transfer) =>
        squaredDistance(transfer.apply(ofZ) as tf.Tensor, ofY),
      ),
    );
  });
  const [consistency, alignment] = await distances.data();
  distances.dispose();
  return { consistency: consistency!, alignment: alignment! };
}

function column(outcomes: readonly Outcome[], name: 'x' | 'y' | 'z'): tf.Tensor {
  return tf.tensor2d(outcomes.map((outcome) => [outcome[name]]));
}

function squaredDistance(left: tf.Tensor, right: tf.Tensor): tf.Scalar {
  return tf.mean<tf.Scalar>(tf.squaredDifference(left, right));
}
