import type * as tf from '@tensorflow/tfjs';
import { badValue } from '../errors.js';

/** Whether a parameter is one that a name means; `encoder.*` are all that start so. */
export function fitsName(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/**
 * The parameters that a list of names means; `encoder.*` are all that start so.
 * @throws MtlError `CONFIG_INVALID` where a name fits none
 */
export function namedParameters(list: readonly string[], parameters: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const pattern of list) {
    const fits = parameters.filter((name) => fitsName(pattern, name));
    if (fits.length === 0) {
      throw badValue('CONFIG_INVALID', {
        what: 'the gradients of a weighter',
        expected: `names of parameters, such as ${parameters.slice(0, 3).join(', ')}`,
        found: `"${pattern}"`,
        fix: '`mtl summary --layers` shows them all; an * at the end stands for any rest',
      });
    }
    for (const name of fits) found.add(name);
  }
  return found;
}

/** Splits entries by whether their names are in a set. */
export function divide<T extends tf.Tensor>(
  entries: Readonly<Record<string, T>>,
  has: (name: string) => boolean,
): [Record<string, T>, Record<string, T>] {
  const [inside, outside]: [Record<string, T>, Record<string, T>] = [{}, {}];
  for (const [name, value] of Object.entries(entries)) (has(name) ? inside : outside)[name] = value;
  return [inside, outside];
}
