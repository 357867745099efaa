import { resolve } from 'node:path';
import type { Task } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import { loadTorchModel } from '../export/torch/index.js';
import { assembleModel, type Model } from '../model/index.js';
import { tokens, type Deps } from '../registry/index.js';

/**
 * The model that a config describes, on the engine that is active.
 * @param deps with the data set's description
 * @param parts whose `initialize` is false where the parameters are about to be restored
 * @throws MtlError `WEIGHTS_INVALID` where the file that it starts from does not fit
 */
export function buildModel(
  { config, registry, baseFolder }: LoadedConfig,
  deps: Deps,
  { tasks, initialize }: { readonly tasks: readonly Task[]; readonly initialize: boolean },
): Model {
  const { architecture, backbone, consistency, init, train } = config;
  const fromFile = initialize && init !== undefined;
  const model = assembleModel({
    tasks,
    architecture: registry.create('architecture', architecture, deps),
    backbone: registry.create('backbone', backbone, deps),
    transfer: consistency
      ? {
          net: registry.create('transferNet', consistency.transferNet, deps, 'consistency.transferNet'),
          edges: consistency.edges,
          resolution: consistency.resolution,
        }
      : undefined,
    size: deps.get(tokens.data).size,
    seed: train.seed,
    initialize: initialize && !fromFile,
  });
  if (!fromFile) return model;
  try {
    loadTorchModel(model, resolve(baseFolder, init));
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}
