import { partName, tokens } from '../registry/index.js';
import { Auxiliaries, type NamedAuxiliary } from '../training/auxiliaries.js';
import type { Session } from './session.js';

/**
 * What a config names as `auxiliary`, set up for a session's model. Only a training needs it.
 * @param how whose `initialize` is false where the parameters are about to be restored
 * @throws MtlError whatever one has to complain about
 */
export async function openAuxiliaries(
  { config, registry, deps, tasks, model }: Session,
  { initialize }: { readonly initialize: boolean },
): Promise<Auxiliaries> {
  const all: NamedAuxiliary[] = [];
  const { size } = deps.get(tokens.data);
  try {
    for (const [index, spec] of config.auxiliary.entries()) {
      const path = `auxiliary[${index}]`;
      const auxiliary = registry.create('auxiliary', spec, deps, path);
      all.push({ name: freeName(partName(spec), all), auxiliary });
      const { seed } = config.train;
      await auxiliary.setup({ path, tasks, size, seed, initialize, features: model.featureShapes });
    }
    return new Auxiliaries(all);
  } catch (error) {
    for (const { auxiliary } of all) auxiliary.dispose();
    throw error;
  }
}

/** `kd4mtl`; the second one of that name is `kd4mtl-2`. */
function freeName(name: string, taken: readonly NamedAuxiliary[]): string {
  const same = taken.filter((other) => other.name === name || other.name.startsWith(`${name}-`)).length;
  return same === 0 ? name : `${name}-${same + 1}`;
}
