import { resolve } from 'node:path';
import { z } from 'zod';
import {
  badValue,
  describeIssues,
  messageOf,
  MtlError,
  splitNames,
  type SplitName,
} from '../../../core/index.js';
import { firstFew } from '../common/files.js';
import { readList } from '../common/read-list.js';
import { holdApart, shuffled } from '../common/split.js';
import { nameMatcher } from './glob.js';
import type { SplitByNames, SplitByShares, SplitOptions } from './options.js';

/** The samples' names of each split, in the order of `names`; a split that the options leave out is absent. */
export type SplitMembers = Readonly<Partial<Record<SplitName, readonly string[]>>>;

/**
 * Which samples belong to which split.
 * @param names all samples, sorted
 * @param root absolute path that list files start from
 * @throws MtlError `DATA_INVALID` where a list is unreadable or names unknown samples, or a sample is in two splits.
 */
export async function divide(
  options: SplitOptions,
  names: readonly string[],
  root: string,
): Promise<SplitMembers> {
  const members = await chooseMembers(options, names, root);
  const owner = new Map<string, SplitName>();
  for (const split of splitNames) {
    for (const name of members[split] ?? []) {
      const other = owner.get(name);
      if (other) {
        throw badValue('DATA_INVALID', {
          what: 'dataset.split',
          expected: 'every sample in at most one split',
          found: `"${name}" in ${other} and in ${split}`,
          fix: 'what a model was trained on cannot test it: narrow the patterns, or take names out by "!name"',
        });
      }
      owner.set(name, split);
    }
  }
  return members;
}

function chooseMembers(options: SplitOptions, names: readonly string[], root: string): Promise<SplitMembers> {
  if ('file' in options) return membersFromFile(resolve(root, options.file), names);
  if (isByShares(options)) return Promise.resolve(randomShares(options, names));
  return membersByNames(options, names, root);
}

function isByShares(options: SplitByNames | SplitByShares): options is SplitByShares {
  return typeof options.train === 'number';
}

async function membersByNames(
  { train, val, test }: SplitByNames,
  names: readonly string[],
  root: string,
): Promise<SplitMembers> {
  const choose = (entry: SplitByNames['train']): Promise<string[]> => membersOf(entry, names, root);
  const trained = await choose(train);
  const tested = test === undefined ? {} : { test: await choose(test) };
  if (val === undefined) return { train: trained, ...tested };
  if (typeof val === 'string' || Array.isArray(val) || 'list' in val) {
    return { train: trained, val: await choose(val), ...tested };
  }
  const { kept, apart } = holdApart(trained, val);
  return { train: kept, val: apart, ...tested };
}

async function membersOf(
  entry: SplitByNames['train'],
  names: readonly string[],
  root: string,
): Promise<string[]> {
  if (typeof entry === 'string' || Array.isArray(entry)) return names.filter(nameMatcher([entry].flat()));
  const file = resolve(root, entry.list);
  const lines = (await readList(file, 'dataset.split')).split(/\r?\n/).map((line) => line.trim());
  return inOrder(lines.filter(Boolean), names, file);
}

const namesBySplit = z.strictObject({
  train: z.array(z.string()).optional(),
  val: z.array(z.string()).optional(),
  test: z.array(z.string()).optional(),
});

async function membersFromFile(file: string, names: readonly string[]): Promise<SplitMembers> {
  const text = await readList(file, 'dataset.split');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw badValue(
      'DATA_INVALID',
      { what: file, expected: 'JSON', found: messageOf(error) },
      { cause: error },
    );
  }
  const parsed = namesBySplit.safeParse(content);
  if (!parsed.success) {
    throw new MtlError('DATA_INVALID', describeIssues(parsed.error, content, file, namesBySplit).join('\n'));
  }
  const members: Partial<Record<SplitName, readonly string[]>> = {};
  for (const split of splitNames) {
    const listed = parsed.data[split];
    if (listed) members[split] = inOrder(listed, names, file);
  }
  return members;
}

function randomShares({ train, val, test, seed }: SplitByShares, names: readonly string[]): SplitMembers {
  const order = shuffled(names, seed);
  const members: Partial<Record<SplitName, readonly string[]>> = {};
  let share = 0;
  for (const [split, part] of Object.entries({ train, val, test }) as [SplitName, number | undefined][]) {
    if (part === undefined) continue;
    // Bounds are rounded, not lengths, so that shares that add up to 1 take every sample.
    const from = Math.round(share * names.length);
    share += part;
    const chosen = new Set(order.slice(from, Math.round(share * names.length)));
    members[split] = names.filter((name) => chosen.has(name));
  }
  return members;
}

function inOrder(listed: readonly string[], names: readonly string[], file: string): string[] {
  const wanted = new Set(listed);
  const known = new Set(names);
  const unknown = listed.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw badValue('DATA_INVALID', {
      what: file,
      expected: `names of samples (such as ${firstFew(names)})`,
      found: `${unknown.length} that no image has: ${firstFew(unknown)}`,
    });
  }
  return names.filter((name) => wanted.has(name));
}
