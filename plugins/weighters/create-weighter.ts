import {
  definePlugin,
  Registry,
  RunContainer,
  tokens,
  type PartSpec,
  type Weighter,
} from '../../core/index.js';
import { weighters } from './weighters.js';

export interface WeighterSetup {
  /** The losses' names, in the order in which they are computed. */
  readonly tasks: readonly string[];
  /** What they are, for Kendall's uncertainty; by default regressions. */
  readonly kinds?: readonly ('classification' | 'regression')[];
  /** For methods that draw. */
  readonly seed?: number;
}

/**
 * A weighter for any model, ready for its first step:
 *
 *     createWeighter('pcgrad', { tasks: ['price', 'rating'] })
 *     createWeighter({ name: 'cagrad', c: 0.4, losses: 'uncertainty' }, { tasks: ['price', 'rating'] })
 *
 * @param spec its name, or name and options as in a config
 * @throws MtlError `PLUGIN_UNKNOWN` with all names, `CONFIG_INVALID` with all that is wrong with the options
 */
export function createWeighter(
  spec: PartSpec,
  { tasks, kinds = tasks.map(() => 'regression' as const), seed = 0 }: WeighterSetup,
): Weighter {
  const registry = new Registry([definePlugin({ name: 'crosstask', weighters })]);
  const weighter = registry.create('weighter', spec, new RunContainer().provide(tokens.registry, registry));
  weighter.setup({ tasks, kinds, seed });
  return weighter;
}
