import type { Task } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import { assembleModel, type Model } from '../model/index.js';
import { tokens, type Deps } from '../registry/index.js';

/**
 * The model that a config describes, on the engine that is active.
 * @param deps with the data set's description
 * @param parts whose `initialize` is false where the parameters are about to be restored
 */
export function buildModel(
  { config, registry }: LoadedConfig,
  deps: Deps,
  { tasks, initialize }: { readonly tasks: readonly Task[]; readonly initialize: boolean },
): Model {
  const { architecture, backbone, consistency, train } = config;
  return assembleModel({
    tasks,
    architecture: registry.create('architecture', architecture, deps),
    backbone: registry.create('backbone', backbone, deps),
    transfer: consistency
      ? {
          net: registry.create('transferNet', consistency.transferNet, deps, 'consistency.transferNet'),
          edges: consistency.edges,
        }
      : undefined,
    size: deps.get(tokens.data).size,
    seed: train.seed,
    initialize,
  });
}
