import { isGroup } from '../group.js';

/** A config or a part of one before it is checked. */
export type Fragment = Readonly<Record<string, unknown>>;

export const isFragment: (value: unknown) => value is Fragment = isGroup;

/**
 * Lays one fragment over another. Groups of keys merge, everything else is replaced. Parts (`{ name, …options }`)
 * of different names do not merge: one part's options would mean nothing to another. `resnet18` is short for
 * `{ name: resnet18 }` on both sides.
 */
export function merge(base: Fragment, over: Fragment): Fragment {
  // By way of entries, so that a key such as "__proto__" stays a key, for the schema to refuse.
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    if (value !== undefined) merged.set(key, mergeValue(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

function mergeValue(base: unknown, over: unknown): unknown {
  const below = typeof base === 'string' && isFragment(over) ? { name: base } : base;
  const above = typeof over === 'string' && isFragment(base) ? { name: over } : over;
  if (!isFragment(below) || !isFragment(above) || isAnotherPart(below, above)) return over;
  return merge(below, above);
}

function isAnotherPart(below: Fragment, over: Fragment): boolean {
  return below.name !== undefined && over.name !== undefined && below.name !== over.name;
}
