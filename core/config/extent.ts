import { badValue } from '../errors.js';

/** Characters of a config; the longest of the examples has 2 kB. */
export const longestText = 2 ** 20;
/** Far more than any config has, and few enough to be merged, checked and stored at once. */
const mostValues = 100_000;
const deepest = 64;
/** References (`*name`) of one YAML file; merging (`<<`) takes the time of their number times what they stand for. */
const mostReferences = 100;
const reference = /(?:^|[\s,[{:-])\*[^\s,\]}*/]+/gm;

/**
 * Refuses a text that would take long to parse.
 * @throws Error
 */
export function checkText(content: string): void {
  if (content.length > longestText) {
    throw new Error(
      `it has ${content.length} characters, more than the ${longestText} that a config may have`,
    );
  }
  const count = content.match(reference)?.length ?? 0;
  if (count > mostReferences) {
    throw new Error(
      `it has ${count} YAML references (*name), more than the ${mostReferences} that are followed`,
    );
  }
}

/**
 * Refuses a config that is small in its file, but large or endless once its references are followed ("billion laughs").
 * @param what names it, for messages
 * @throws MtlError `CONFIG_INVALID`
 */
export function checkExtent(config: unknown, what: string): void {
  let values = 0;
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: config, depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    if (depth > deepest) throw tooMuch(what, `groups and lists at most ${deepest} deep`, 'deeper ones');
    if (!isPlain(value)) continue;
    const parts = Object.values(value);
    values += parts.length;
    if (values > mostValues) {
      throw tooMuch(what, `at most ${mostValues} values, references followed`, 'more');
    }
    for (const part of parts) open.push({ value: part, depth: depth + 1 });
  }
}

/** Of what a text can say: an object that a module made is its own affair. */
function isPlain(value: unknown): value is object {
  if (Array.isArray(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function tooMuch(what: string, expected: string, found: string): Error {
  return badValue('CONFIG_INVALID', { what, expected, found, fix: 'write it in fewer values' });
}
