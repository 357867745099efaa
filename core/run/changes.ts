import { isDeepStrictEqual } from 'node:util';
import { show } from '../errors.js';
import { isGroup } from '../group.js';

/** A key path under which two JSON values differ; undefined stands for nothing there. */
export interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly now: unknown;
}

/** Where two JSON values differ. */
export function differences(before: unknown, now: unknown, path = ''): readonly Difference[] {
  if (isDeepStrictEqual(before, now)) return [];
  if (!isGroup(before) || !isGroup(now)) return [{ path, before, now }];
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...keys].flatMap((key) => differences(before[key], now[key], path ? `${path}.${key}` : key));
}

/** Key paths under which two JSON values differ, each with what stands there: `train.seed (0, now 1)`. */
export function changes(before: unknown, now: unknown): string[] {
  return differences(before, now).map(
    ({ path, before: was, now: is }) => `${path} (${show(was)}, now ${show(is)})`,
  );
}
