import { layer, type Expansion } from '../config/expand.js';
import { isFragment, type Fragment } from '../config/merge.js';
import type { RowPlan } from './rows.js';

/** What a row's config is made of. */
export interface RowParts {
  readonly base: Fragment;
  readonly row: Pick<RowPlan, 'fragments' | 'paths'>;
  readonly overrides: Fragment;
  /** The comparison file, for messages. */
  readonly what: string;
  /** Folder that paths start from. */
  readonly folder: string;
}

/**
 * A row's config, unchecked. From below: the presets that the row extends, what the base extends, the base's own keys,
 * the row's own keys, the overrides.
 *
 * A row that extends a preset is that preset's method: of what the base extends, the names of the architecture and of
 * the consistency's loss and the weighter do not count for it. What a row is without (`consistency: null`) it stays
 * without, unless it says otherwise itself.
 */
export async function rowConfig(
  expansion: Expansion,
  { base, row, overrides, what, folder }: RowParts,
): Promise<Fragment> {
  const expand = (fragment: Fragment, path: string): Promise<Fragment> =>
    expansion.expand(onlyParents(fragment), { name: `${path} of ${what}`, folder, trail: [] });
  const shared = await expand(base, 'base');
  let method: Fragment = {};
  for (const [index, fragment] of row.fragments.entries()) {
    method = layer(method, await expand(fragment, row.paths[index]!));
  }
  const isPreset = row.fragments.some((fragment) => fragment.extends !== undefined);
  const below = layer(method, isPreset ? whereThere(withoutMethod(shared), method) : shared);
  const own = row.fragments.reduce<Fragment>(
    (config, fragment) => layer(config, ownKeys(fragment)),
    layer(below, whereThere(ownKeys(base), method)),
  );
  return layer(own, whereThere(overrides, own));
}

function onlyParents({ extends: parents, plugins }: Fragment): Fragment {
  return { extends: parents, plugins };
}

/** Plugins went in with what is extended, their paths made the base folder's. */
function ownKeys(fragment: Fragment): Fragment {
  return without(fragment, 'extends', 'plugins');
}

function withoutMethod(config: Fragment): Fragment {
  const { architecture, consistency } = config;
  return {
    ...without(config, 'architecture', 'consistency', 'weighter'),
    ...(isFragment(architecture) ? { architecture: without(architecture, 'name') } : {}),
    ...(isFragment(consistency) ? { consistency: without(consistency, 'loss') } : {}),
  };
}

function without(fragment: Fragment, ...keys: readonly string[]): Fragment {
  return Object.fromEntries(Object.entries(fragment).filter(([key]) => !keys.includes(key)));
}

/** A fragment without the groups that the one below it turns off. */
function whereThere(fragment: Fragment, below: Fragment): Fragment {
  return Object.fromEntries(
    Object.entries(fragment).flatMap(([key, value]) => {
      const under = below[key];
      if (!isFragment(value)) return [[key, value]];
      if (under === null) return [];
      return [[key, isFragment(under) ? whereThere(value, under) : value]];
    }),
  );
}
