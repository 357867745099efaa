import * as tf from '@tensorflow/tfjs';
import type { Metric, Task, World } from '../contracts/index.js';
import { separate, type HostBatch, type Loader } from '../data/index.js';
import { badValue, MtlError } from '../errors.js';
import type { Model } from '../model/index.js';
import { pause } from '../pause.js';
import { decodedBatch } from '../prediction/predict-images.js';

/** Metrics by task and name; a metric without a labelled pixel is left out. */
export type MetricValues = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What a model is measured on. */
export interface EvaluationData {
  readonly loader: Loader;
  readonly tasks: readonly Task[];
  readonly batchSize: number;
  /**
   * The ranks that all measure the same model: each sees a part of the split, and all get the metrics over all of it. Where
   * a metric cannot be merged, each sees all.
   */
  readonly world?: World | undefined;
  /** Told after each batch. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  /** Told what was predicted of each batch; it may change neither. */
  readonly onPredictions?: ((batch: HostBatch, predictions: DecodedPredictions) => void) | undefined;
  /** Aborting it ends the evaluation after the batch under way. */
  readonly signal?: AbortSignal | undefined;
}

/** A batch's decoded predictions by task, [batch, height, width, targetChannels], on the host. */
export type DecodedPredictions = Readonly<Record<string, Float32Array | Int32Array>>;
/** Whatever predicts for a batch: a model, or a trivial predictor. */
export type Predictor = (batch: HostBatch) => Promise<DecodedPredictions>;

/**
 * The metrics of a predictor over a whole split, in its own order and unaugmented.
 * @throws MtlError `DATA_INVALID` where no sample has a label of any task; `INTERRUPTED` once the signal is aborted
 */
export async function evaluate(predict: Predictor, data: EvaluationData): Promise<MetricValues> {
  const metrics = data.tasks.map((task) => [task, task.metrics()] as const);
  const of = data.loader.batchCount(data);
  let done = 0;
  const { batchSize, signal } = data;
  const all = metrics.flatMap(([, ofTask]) => ofTask);
  const world = all.every(isMergeable) ? data.world : undefined;
  for await (const batch of data.loader.batches({ batchSize, signal, share: world })) {
    const predictions = await predict(batch);
    for (const [task, taskMetrics] of metrics) update(taskMetrics, predictions[task.name]!, batch, task.name);
    data.onPredictions?.(batch, predictions);
    data.onProgress?.(++done, of);
    await pause();
  }
  if (world) await mergeOverRanks(all as Mergeable[], world);
  const values = metrics.map(([task, taskMetrics]) => [task.name, computed(taskMetrics)] as const);
  if (values.every(([, own]) => Object.keys(own).length === 0)) {
    throw badValue('DATA_INVALID', {
      what: 'the split to measure on',
      expected: 'labels of at least one task',
      found: `none in ${data.loader.length} samples`,
      fix: 'put samples with labels there; those without are for the training split',
    });
  }
  return Object.fromEntries(values);
}

type Mergeable = Metric & Required<Pick<Metric, 'taken' | 'merge'>>;

function isMergeable(metric: Metric): metric is Mergeable {
  return metric.taken !== undefined && metric.merge !== undefined;
}

/** Each rank has seen its part of the set; afterwards every one has all, in the order of the ranks. */
async function mergeOverRanks(metrics: readonly Mergeable[], world: World): Promise<void> {
  // JSON knows no NaN: a sum may be one.
  const texts = await world.gather(JSON.stringify(metrics.map(({ taken }) => taken.map(String))));
  const byRank = texts.map((text) => JSON.parse(text) as string[][]);
  metrics.forEach((metric, index) => {
    metric.reset();
    for (const ofRank of byRank) metric.merge(ofRank[index]!.map(Number));
  });
}

/** A model's direct predictions. */
export function modelPredictor(model: Model): Predictor {
  return async ({ image, shape }) => {
    const { direct } = await decodedBatch(model.tasks, () =>
      model.forward(tf.tensor4d(image, [...shape]), { training: false, transfer: false }),
    );
    return Object.fromEntries(model.tasks.map(({ name }, task) => [name, direct[task]!.data]));
  };
}

function update(
  metrics: readonly Metric[],
  prediction: Float32Array | Int32Array,
  { targets }: HostBatch,
  task: string,
): void {
  let at = 0;
  for (const { value, mask } of separate(targets[task]!)) {
    const data = prediction.subarray(at, (at += value.data.length));
    for (const metric of metrics) metric.update({ ...value, data }, value, mask);
  }
}

function computed(metrics: readonly Metric[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    metrics.flatMap((metric) => {
      try {
        return [[metric.name, metric.compute()]];
      } catch (error) {
        if (error instanceof MtlError && error.code === 'METRIC_EMPTY') return [];
        throw error;
      }
    }),
  );
}
