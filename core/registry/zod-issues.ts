import type { z } from 'zod';
import { complain, show } from '../errors.js';
import { closest } from '../text.js';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/**
 * Every finding of a schema as a line of our own: key path, what was expected, what was found.
 * @param input what was parsed, to show what was found
 * @param prefix key path of `input` in the config, e.g. `train.optimizer`; empty for the whole
 * @param schema gives the valid keys where one is unknown
 */
export function describeIssues(error: z.ZodError, input: unknown, prefix: string, schema?: z.ZodType): string[] {
  return error.issues.flatMap((issue) => describe(issue, input, prefix, schema));
}

function describe(issue: Issue, input: unknown, prefix: string, schema?: z.ZodType): string[] {
  const path = issue.path;
  if (issue.code === 'unrecognized_keys') {
    const valid = schema ? keysAt(schema, path) : [];
    return issue.keys.map((key) => {
      const guess = closest(key, valid);
      return complain({
        what: keyPath(prefix, [...path, key]),
        expected: valid.length ? `one of the keys ${valid.join(', ')}` : 'no such key',
        found: show(at(input, [...path, key])),
        ...(guess ? { fix: `did you mean "${guess}"?` } : {}),
      });
    });
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = nearestBranch(issue.errors);
    if (nearest) {
      return nearest.flatMap((inner) =>
        describe({ ...inner, path: [...path, ...inner.path] }, input, prefix, schema),
      );
    }
    const expected = issue.errors.flat().map((inner) => expectation(inner));
    return [line(prefix, path, input, [...new Set(expected)].join(' or '))];
  }
  return [line(prefix, path, input, expectation(issue))];
}

/** The branch of a union that the input was meant for: the one whose type fits and that fails deeper inside. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find((issues) => issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'));
}

function line(prefix: string, path: Path, input: unknown, expected: string): string {
  return complain({ what: keyPath(prefix, path), expected, found: show(at(input, path)) });
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a group of keys',
  record: 'a group of keys',
};

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? show(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive ? 'at least' : 'more than', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum);
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) ? `one of ${issue.options.join(', ')}` : issue.message;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'unrecognized_keys':
      return issue.message;
  }
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'array' || origin === 'tuple') return `a list of ${relation} ${limit} items`;
  if (origin === 'string') return `a text of ${relation} ${limit} characters`;
  return `a number of ${relation} ${limit}`;
}

function keyPath(prefix: string, path: Path): string {
  const inner = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return (prefix + inner).replace(/^\./, '') || 'the config';
}

function at(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined),
    input,
  );
}

/** The keys that an object schema accepts at a path. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let here: SchemaNode[] = unwrap(schema as unknown as SchemaNode);
  for (const key of path) {
    here = here.flatMap((node) => {
      const next = node.def.shape?.[String(key)] ?? node.def.valueType ?? node.def.element;
      return next ? unwrap(next) : [];
    });
  }
  return [...new Set(here.flatMap((node) => Object.keys(node.def.shape ?? {})))];
}

/** The part of a zod schema's definition that matters for finding keys. */
interface SchemaNode {
  readonly def: {
    readonly shape?: Readonly<Record<string, SchemaNode>>;
    readonly valueType?: SchemaNode;
    readonly element?: SchemaNode;
    readonly innerType?: SchemaNode;
    readonly in?: SchemaNode;
    readonly options?: readonly SchemaNode[];
  };
}

function unwrap(node: SchemaNode): SchemaNode[] {
  const { innerType, in: input, options } = node.def;
  if (innerType) return unwrap(innerType);
  if (input) return unwrap(input);
  if (options) return options.flatMap(unwrap);
  return [node];
}
