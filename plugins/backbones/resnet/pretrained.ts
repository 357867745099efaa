import type * as tf from '@tensorflow/tfjs';
import { loadTorchWeights, torchWeights } from '../../../core/index.js';

/** Entries of a torchvision ResNet that an encoder does not use. */
const unused = /^fc\.|\.num_batches_tracked$/;

/**
 * Loads an encoder's weights from a `.safetensors` file with torchvision's names and layouts.
 * @throws MtlError `WEIGHTS_INVALID` listing every missing, unknown or misshapen entry; nothing is loaded then.
 */
export function loadPretrained(part: string, model: tf.LayersModel, file: string): void {
  loadTorchWeights(torchWeights(part, model), {
    file,
    key: 'backbone.weights',
    of: 'encoder',
    fix: "save the matching torchvision model's state_dict as float32 safetensors",
    ignored: unused,
  });
}
