import { z } from 'zod';
import { badValue, show } from '../../../core/index.js';

/** A value per task: by name, or a list in the tasks' order. */
export type PerTask<Value> = Readonly<Record<string, Value>> | readonly Value[];

export const perTask = <Value extends z.ZodType<number | string>>(value: Value) =>
  z.union([z.record(z.string(), value), z.array(value).min(1)]);

/**
 * The values in the tasks' order.
 * @param what the option, named in the message, e.g. `weighter.weights`
 * @param kind what a value is
 * @throws MtlError `CONFIG_INVALID` naming the tasks that have none, and the names that are no task
 */
export function inTaskOrder<Value>(
  given: PerTask<Value>,
  tasks: readonly string[],
  what: string,
  kind = 'number',
): readonly Value[] {
  const expected = `a ${kind} for each task (${tasks.join(', ')})`;
  if (isList(given)) {
    if (given.length === tasks.length) return given;
    throw badValue('CONFIG_INVALID', { what, expected, found: `${given.length} ${kind}s: ${show(given)}` });
  }
  const missing = tasks.filter((task) => !Object.hasOwn(given, task));
  const unknown = Object.keys(given).filter((name) => !tasks.includes(name));
  if (missing.length + unknown.length > 0) {
    const found = [
      ...(missing.length > 0 ? [`none for ${missing.join(', ')}`] : []),
      ...(unknown.length > 0 ? [`one for ${unknown.join(', ')}, which is no task`] : []),
    ];
    throw badValue('CONFIG_INVALID', { what, expected, found: found.join(', and ') });
  }
  return tasks.map((task) => given[task]!);
}

function isList<Value>(given: PerTask<Value>): given is readonly Value[] {
  return Array.isArray(given);
}
