import { isDeepStrictEqual } from 'node:util';
import { show } from '../errors.js';

/** Key paths under which two JSON values differ, each with what stands there: `train.seed (0, now 1)`. */
export function changes(before: unknown, now: unknown, path = ''): string[] {
  if (isDeepStrictEqual(before, now)) return [];
  if (!isGroup(before) || !isGroup(now)) return [`${path} (${show(before)}, now ${show(now)})`];
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...keys].flatMap((key) => changes(before[key], now[key], path ? `${path}.${key}` : key));
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
