import * as tf from '@tensorflow/tfjs';
import { Random } from '../random.js';

/** Standard deviation of a convolution kernel's initial values. @param shape [height, width, in, out] */
export type KernelScale = (shape: readonly number[]) => number;

/** He normal, fan-out: √(2/(kh·kw·out)), for layers followed by ReLU (He et al. 2015; torchvision's ResNets). */
export const heNormalFanOut: KernelScale = ([height, width, , out]) =>
  Math.sqrt(2 / (height! * width! * out!));

/** Xavier normal: √(2/(kh·kw·(in + out))) (Glorot & Bengio 2010). */
export const xavierNormal: KernelScale = ([height, width, input, out]) =>
  Math.sqrt(2 / (height! * width! * (input! + out!)));

/** What kernels are drawn from; `uniform` has the same standard deviation. */
export type Distribution = 'normal' | 'uniform';

/** A part's weights with their names: `PART.LAYER.WEIGHT`, e.g. `encoder.layer1.0.conv1.kernel`. */
export function namedWeights(
  part: string,
  model: tf.LayersModel,
): [name: string, weight: tf.LayerVariable][] {
  return model.layers.flatMap((layer) =>
    layer.weights.map((weight): [string, tf.LayerVariable] => [
      `${part}.${layer.name}.${weight.originalName.split('/').at(-1)!}`,
      weight,
    ]),
  );
}

/**
 * Draws a part's kernels from a distribution of mean 0; everything else keeps the layers' own start (biases 0, batch
 * norm 1/0). Every kernel has its own stream, so that its values depend on the seed and its name alone.
 */
export function initialize(
  part: string,
  model: tf.LayersModel,
  scale: KernelScale,
  seed: number,
  distribution: Distribution = 'normal',
): void {
  for (const [name, weight] of namedWeights(part, model)) {
    if (!name.endsWith('.kernel')) continue;
    const variable = weight.read() as tf.Variable;
    const deviation = scale(variable.shape);
    const random = new Random(seed, 'initialize', name);
    const limit = Math.sqrt(3) * deviation;
    const draw = (): number =>
      distribution === 'normal' ? deviation * random.normal() : random.uniform(-limit, limit);
    const values = new Float32Array(variable.size);
    for (let place = 0; place < values.length; place++) values[place] = draw();
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
}
