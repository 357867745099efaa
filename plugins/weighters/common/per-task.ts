import { z } from 'zod';
import { badValue, show } from '../../../core/index.js';

/** A number per task: by name, or a list in the tasks' order. */
export type PerTask = Readonly<Record<string, number>> | readonly number[];

export const perTask = <Value extends z.ZodType<number>>(value: Value) =>
  z.union([z.record(z.string(), value), z.array(value).min(1)]);

/**
 * The numbers in the tasks' order.
 * @param what the option, named in the message, e.g. `weighter.weights`
 * @throws MtlError `CONFIG_INVALID` naming the tasks that have none, and the names that are no task
 */
export function inTaskOrder(given: PerTask, tasks: readonly string[], what: string): readonly number[] {
  const expected = `a number for each task (${tasks.join(', ')})`;
  if (isList(given)) {
    if (given.length === tasks.length) return given;
    throw badValue('CONFIG_INVALID', { what, expected, found: `${given.length} numbers: ${show(given)}` });
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

function isList(given: PerTask): given is readonly number[] {
  return Array.isArray(given);
}
