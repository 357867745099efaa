import type * as tf from '@tensorflow/tfjs';
import { badValue, show } from '../../errors.js';
import type { HostTensor, Safetensors } from '../../io/safetensors.js';
import type { Model } from '../../model/index.js';
import { loadTorchWeights } from './load.js';
import { torchWeights, toTorch } from './names.js';

/** All weights of a model by their names in PyTorch: `encoder.layer1.0.bn1.running_mean`, `decoder.depth.head.weight`. */
function allWeights(model: Model): (readonly [string, tf.Variable])[] {
  return Object.entries(model.parts).flatMap(([part, layers]) =>
    torchWeights(part, layers).map(([name, weight]) => [`${part}.${name}`, weight] as const),
  );
}

/** A whole model, transfer nets included, with PyTorch's names and layouts; `loadTorchModel` reads it. */
export function torchModel(model: Model): Promise<Safetensors> {
  return content(allWeights(model));
}

/**
 * One part of a model, its weights without the part's name before theirs: an `encoder` as torchvision names it.
 * @throws MtlError `CONFIG_INVALID` where the model has no such part
 */
export function torchPart(model: Model, part: string): Promise<Safetensors> {
  const layers = Object.hasOwn(model.parts, part) ? model.parts[part] : undefined;
  if (layers) return content(torchWeights(part, layers));
  throw badValue('CONFIG_INVALID', {
    what: '--part',
    expected: `one of the model's parts, ${Object.keys(model.parts).join(', ')}`,
    found: show(part),
  });
}

/**
 * Gives a model the weights that `torchModel` wrote.
 * @throws MtlError `WEIGHTS_INVALID`; nothing is loaded then
 */
export function loadTorchModel(model: Model, file: string): void {
  loadTorchWeights(allWeights(model), {
    file,
    key: 'init',
    of: 'model',
    dispensable: model.dispensable,
    fix: 'its tasks, architecture, backbone and transfer nets must be those of the run that it was exported from',
  });
}

async function content(weights: readonly (readonly [string, tf.Variable])[]): Promise<Safetensors> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, weight] of weights) {
    const turned = toTorch(weight);
    tensors.set(name, { dtype: 'F32', shape: turned.shape, data: (await turned.data<'float32'>()).slice() });
    turned.dispose();
  }
  // Other readers of the format take it as PyTorch's.
  return { tensors, metadata: { format: 'pt' } };
}
