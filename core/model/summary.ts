import type * as tf from '@tensorflow/tfjs';
import type { Model } from './model.js';

/** One layer: parameters, and multiply-accumulates of one image. */
export interface LayerSummary {
  readonly name: string;
  /** E.g. `Conv2d`. */
  readonly type: string;
  /** [height, width, channels] of its output. */
  readonly output: readonly number[];
  /** Trainable. */
  readonly parameters: number;
  /** Multiply-accumulates for one image. */
  readonly macs: number;
}

/** One part of the model, e.g. `encoder`: the sums over its layers. */
export interface PartSummary {
  readonly name: string;
  readonly parameters: number;
  readonly macs: number;
  readonly layers: readonly LayerSummary[];
}

/** A model's parameters, and multiply-accumulates of one image's forward pass. */
export interface ModelSummary {
  readonly parameters: number;
  readonly macs: number;
  readonly parts: readonly PartSummary[];
}

/** Layers, trainable parameters and multiply-accumulates (convolutions; one image, one forward pass) of each part. */
export function summarize(model: Model): ModelSummary {
  const parts = Object.entries(model.parts).map(([name, part]): PartSummary => {
    const layers = part.layers.filter((layer) => layer.getClassName() !== 'InputLayer').map(summarizeLayer);
    return { name, layers, ...totals(layers) };
  });
  return { parts, ...totals(parts) };
}

function totals(items: readonly { parameters: number; macs: number }[]): {
  parameters: number;
  macs: number;
} {
  const sum = (pick: (item: (typeof items)[number]) => number): number =>
    items.reduce((total, item) => total + pick(item), 0);
  return { parameters: sum(({ parameters }) => parameters), macs: sum(({ macs }) => macs) };
}

function summarizeLayer(layer: tf.layers.Layer): LayerSummary {
  const output = (layer.outputShape as tf.Shape).slice(1).map((length) => length!);
  const kernel = layer.weights.find(({ shape }) => shape.length === 4)?.shape as number[] | undefined;
  const [height, width] = output as [number, number];
  return {
    name: layer.name,
    type: layer.getClassName().replace(/^Crosstask/, ''),
    output,
    parameters: layer.trainableWeights.reduce((total, { shape }) => total + sizeOf(shape), 0),
    // A layer that several tasks share stands at a place for each.
    macs: kernel ? sizeOf(kernel) * height * width * layer.inboundNodes.length : 0,
  };
}

function sizeOf(shape: tf.Shape): number {
  return shape.reduce<number>((product, length) => product * length!, 1);
}
