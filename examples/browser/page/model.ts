/** The exported model: a TensorFlow.js graph model, with what its outputs mean in its metadata. */
import * as tf from '@tensorflow/tfjs';
import type { ExportMetadata } from 'crosstask';

/** What one task says about an image, as values of its labels' kind: class ids, metres … */
export type Values = Float32Array | Int32Array | Uint8Array;

export class ExportedModel {
  private constructor(
    private readonly model: tf.GraphModel,
    readonly metadata: ExportMetadata,
  ) {}

  static async load(url: string): Promise<ExportedModel> {
    const model = await tf.loadGraphModel(url).catch((error: unknown) => {
      throw new Error(`The model cannot be loaded from ${url}. Was the page built with a run?`, {
        cause: error,
      });
    });
    const { crosstask } = (model.metadata ?? {}) as { crosstask?: ExportMetadata };
    if (crosstask?.version === 1) return new ExportedModel(model, crosstask);
    throw new Error(`${url} is no model of this version of “mtl export”.`);
  }

  /** @param pixels RGBA, 0–255, of the model's size; @returns values by task */
  async predict(pixels: Uint8ClampedArray): Promise<Readonly<Record<string, Values>>> {
    const { input, tasks } = this.metadata;
    const image = tf.tensor4d(normalised(pixels, input), [1, input.height, input.width, 3]);
    const names = Object.keys(tasks);
    const outputs = this.model.execute(
      { [input.name]: image },
      names.map((name) => tasks[name]!.decoded),
    );
    const tensors = [outputs].flat();
    try {
      const values = await Promise.all(tensors.map((tensor) => tensor.data<'float32' | 'int32'>()));
      return Object.fromEntries(names.map((name, index) => [name, values[index]!]));
    } finally {
      tf.dispose([image, tensors]);
    }
  }
}

/** (pixel / 255 − mean) / std, without the opacity. */
function normalised(pixels: Uint8ClampedArray, { mean, std }: ExportMetadata['input']): Float32Array {
  const values = new Float32Array((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4) {
    for (let channel = 0; channel < 3; channel++, to++)
      values[to] = (pixels[from + channel]! / 255 - mean[channel]!) / std[channel]!;
  }
  return values;
}
