import type * as tf from '@tensorflow/tfjs';
import { loadTorchWeights, torchWeights } from '../../../core/index.js';

/** Entries of a torchvision ResNet that an encoder does not use. */
const unused = /^fc\.|\.num_batches_tracked$/;

/**
 * Loads an encoder's weights from a `.safetensors` file with torchvision's names and layouts.
 * @param prefix of the names of the encoder's layers in the part
 * @throws MtlError `WEIGHTS_INVALID` listing every missing, unknown or misshapen entry; nothing is loaded then.
 */
export function loadPretrained(part: tf.LayersModel, prefix: string, file: string): void {
  const own = torchWeights(part.name, part).flatMap(([name, weight]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), weight] as const] : [],
  );
  loadTorchWeights(own, {
    file,
    key: 'backbone.weights',
    of: 'encoder',
    fix: "save the matching torchvision model's state_dict as float32 safetensors",
    ignored: unused,
  });
}
