/** A config or a part of one before it is checked. */
export type Fragment = Readonly<Record<string, unknown>>;

export function isFragment(value: unknown): value is Fragment {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Lays one fragment over another. Groups of keys merge, everything else is replaced. Parts (`{ name, …options }`)
 * merge only with a part of the same name: another part's options would mean nothing to it. `resnet18` is short for
 * `{ name: resnet18 }` on both sides.
 */
export function merge(base: Fragment, over: Fragment): Fragment {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value !== undefined) result[key] = mergeValue(result[key], value);
  }
  return result;
}

function mergeValue(base: unknown, over: unknown): unknown {
  if (typeof over === 'string' && isFragment(base) && base.name === over) return base;
  if (!isFragment(over)) return over;
  const below = typeof base === 'string' ? { name: base } : base;
  if (!isFragment(below)) return over;
  const anotherPart = 'name' in over && below.name !== over.name;
  return anotherPart ? over : merge(below, over);
}
