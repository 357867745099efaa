import { Random, type Sample, type Split } from '../../../core/index.js';

/**
 * A split of samples that are read from files. The first one is read at once, so that files that do not fit are told
 * before the work begins.
 * @param files all files that a sample is made from
 */
export async function openSplit<T>(
  items: readonly T[],
  read: (item: T) => Promise<Sample>,
  files: (item: T) => readonly string[],
): Promise<Split> {
  const at = (index: number): T => {
    const item = items[index];
    if (item === undefined)
      throw new RangeError(`sample: expected an index below ${items.length}, found ${index}`);
    return item;
  };
  const split: Split = {
    length: items.length,
    sample: async (index) => read(at(index)),
    files: (index) => files(at(index)),
  };
  await split.sample(0);
  return split;
}

/** Takes a random part out; both parts keep their order. @param seed of the split alone, whatever the run's is */
export function holdApart<T>(
  items: readonly T[],
  { fraction, seed }: { readonly fraction: number; readonly seed: number },
): { readonly kept: readonly T[]; readonly apart: readonly T[] } {
  const held = new Set(shuffled(items, seed).slice(0, Math.round(fraction * items.length)));
  return { kept: items.filter((item) => !held.has(item)), apart: items.filter((item) => held.has(item)) };
}

export function shuffled<T>(items: readonly T[], seed: number): T[] {
  return Array.from(new Random(seed, 'split').permutation(items.length), (index) => items[index]!);
}
