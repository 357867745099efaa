import * as tf from '@tensorflow/tfjs';
import { badValue, messageOf } from '../../errors.js';
import type { Model } from '../../model/index.js';
import { Random } from '../../random.js';
import type { GraphModelArtifacts } from './artifacts.js';
import { inputName, outputsOf } from './graph-model.js';

/** Two images, since the graph was recorded with one: what depends on the batch, or on the image's values, shows. */
const images = 2;

/** Of the largest value of an output. */
const tolerance = 1e-4;

/**
 * Loads what was exported as any program would, and compares it with the model, on images of noise.
 * @param size of the images
 * @returns the largest difference, relative to the largest value of its output
 * @throws MtlError `EXPORT_UNSUPPORTED` where they are not the same function
 */
export async function checkGraphModel(
  artifacts: GraphModelArtifacts,
  model: Model,
  {
    height,
    width,
    transfer,
  }: { readonly height: number; readonly width: number; readonly transfer: boolean },
): Promise<number> {
  const loaded = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
  const image = noise([images, height, width, 3]);
  const expected = tf.tidy(() => outputsOf(model, image, transfer));
  let found: tf.NamedTensorMap = {};
  try {
    found = predicted(loaded, image);
    let largest = 0;
    for (const [name, tensor] of Object.entries(expected)) {
      // Class ids differ by whole numbers where rounding decides; what they come from is compared.
      if (tensor.dtype !== 'float32') continue;
      const difference = await relativeDifference(found[name]!, tensor);
      if (!(difference <= tolerance)) {
        throw differs(
          `another "${name}" from the exported graph than from the network (a difference of ${difference.toExponential(1)})`,
        );
      }
      largest = Math.max(largest, difference);
    }
    return largest;
  } finally {
    tf.dispose([image, expected, found]);
    loaded.dispose();
  }
}

function predicted(loaded: tf.GraphModel, image: tf.Tensor4D): tf.NamedTensorMap {
  try {
    return loaded.predict({ [inputName]: image }) as tf.NamedTensorMap;
  } catch (error) {
    throw differs(`a graph that fails with two images (${messageOf(error)})`, { cause: error });
  }
}

function noise(shape: [number, number, number, number]): tf.Tensor4D {
  const random = new Random(0, 'export');
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal());
  return tf.tensor4d(values, shape);
}

async function relativeDifference(found: tf.Tensor, expected: tf.Tensor): Promise<number> {
  if (found.shape.join() !== expected.shape.join()) return Infinity;
  const difference = tf.tidy(() => {
    const largest = tf.maximum(tf.max(tf.abs(expected)), 1e-30);
    return tf.div(tf.max(tf.abs(tf.sub(found, expected))), largest);
  });
  const [value] = await difference.data();
  difference.dispose();
  return value!;
}

function differs(found: string, options?: ErrorOptions): Error {
  const told = {
    what: 'mtl export --format tfjs',
    expected: 'a network that computes the same operations whatever the images are',
    found,
    fix: 'a part of the network must not look at values or at the size of the batch; or export it as safetensors',
  };
  return badValue('EXPORT_UNSUPPORTED', told, options);
}
