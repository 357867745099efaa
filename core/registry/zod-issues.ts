import { z } from 'zod';
import { complain, show, type Complaint } from '../errors.js';
import { didYouMean } from '../text.js';
import type { Kind } from './plugin.js';
import { definitionOf, keyPath, keysAt, schemasAt, valueAt } from './zod-nodes.js';

type Issue = z.core.$ZodIssue;

interface Context {
  readonly input: unknown;
  readonly prefix: string;
  readonly schema: z.ZodType | undefined;
  readonly names: ((kind: Kind) => readonly string[]) | undefined;
}

/**
 * Every finding of a schema as a line of our own: key path, what was expected, what was found, what to do.
 * @param input what was parsed, to show what was found
 * @param prefix key path of `input` in the config, e.g. `train.optimizer`; empty for the whole
 * @param schema gives the valid keys where one is unknown, and the whole range of a number
 * @param names the parts that there are of a kind
 */
export function describeIssues(
  error: z.ZodError,
  input: unknown,
  prefix: string,
  schema?: z.ZodType,
  names?: (kind: Kind) => readonly string[],
): string[] {
  return error.issues.flatMap((issue) => describe(issue, { input, prefix, schema, names }));
}

function describe(issue: Issue, context: Context): string[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const valid = context.schema ? keysAt(context.schema, path, context.input) : [];
    const expected = valid.length > 0 ? `one of the keys ${valid.join(', ')}` : 'no keys here';
    return issue.keys.map((key) =>
      line([...path, key], context, { expected, found: show(key), fix: didYouMean(key, valid) }),
    );
  }
  if (issue.code === 'invalid_key') {
    // The key itself is what was found.
    const expected = issue.issues.map((inner) => expectation(inner, context)).join(' and ');
    return [line(path.slice(0, -1), context, { expected, found: show(path.at(-1)) })];
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const inner = issue.errors.map((branch) =>
      branch.map((each) => ({ ...each, path: [...path, ...each.path] })),
    );
    const meant = inner.find((branch) => branch.every((each) => isInside(each, path.length)));
    if (meant) return meant.flatMap((each) => describe(each, context));
    const expected = inner.flat().map((each) => expectation(each, context));
    return [line(path, context, { expected: [...new Set(expected)].join(' or ') })];
  }
  return [line(path, context, { expected: expectation(issue, context), fix: advice(issue, context) })];
}

/** Whether a union's branch fits the value's type and fails deeper inside: that is the branch that was meant. */
function isInside({ path, code }: Issue, depth: number): boolean {
  return path.length > depth || code === 'unrecognized_keys';
}

type Finding = Pick<Complaint, 'expected'> & { readonly found?: string; readonly fix?: string | undefined };

function line(
  path: readonly PropertyKey[],
  { prefix, input }: Context,
  { expected, found, fix }: Finding,
): string {
  return complain({
    what: keyPath(prefix, path) || 'the config',
    expected,
    found: found ?? show(valueAt(input, path)),
    ...(fix ? { fix } : {}),
  });
}

function advice(issue: Issue, { input, schema }: Context): string | undefined {
  const found = valueAt(input, issue.path);
  if (typeof found !== 'string') return undefined;
  if (issue.code === 'invalid_value') return didYouMean(found, issue.values.map(String));
  if (issue.code === 'invalid_union' && 'options' in issue)
    return didYouMean(found, issue.options?.map(String) ?? []);
  const isNamed = issue.code === 'invalid_type' && issue.expected === 'object' && schema;
  return isNamed && keysAt(schema, issue.path, input).includes('name')
    ? `write { name: ${found} }`
    : undefined;
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
  never: 'no such key',
};

function expectation(issue: Issue, context: Context): string {
  switch (issue.code) {
    case 'invalid_type':
      return whole(issue.path, issue.expected, context) ?? typeNames[issue.expected] ?? issue.expected;
    case 'not_multiple_of':
      return whole(issue.path, 'number', context) ?? `a multiple of ${issue.divisor}`;
    case 'too_small':
      return whole(issue.path, issue.origin, context) ?? limited(issue.origin, 'at least', issue.minimum);
    case 'too_big':
      return whole(issue.path, issue.origin, context) ?? limited(issue.origin, 'at most', issue.maximum);
    case 'invalid_value':
      return issue.values.length === 1
        ? show(issue.values[0])
        : `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return 'options' in issue && issue.options ? `one of ${issue.options.join(', ')}` : 'another value';
    case 'custom': {
      const kind = issue.params?.kind as Kind | undefined;
      if (!kind) return ownMessage(issue, 'another value');
      return `${context.names ? oneOfParts(context.names(kind)) : 'the name of a part'}, or { name, …options }`;
    }
    case 'invalid_format':
      return ownMessage(
        issue,
        issue.pattern ? `a text that matches ${issue.pattern}` : `a text in the form of a ${issue.format}`,
      );
    case 'invalid_element':
    case 'invalid_key':
    case 'unrecognized_keys':
      return issue.message;
  }
}

/** `one of adam, sgd` */
export function oneOfParts(names: readonly string[]): string {
  return names.length > 0 ? `one of ${names.join(', ')}` : 'a part that a plugin brings (there is none)';
}

/** The message that a schema's author gave, if any: zod's own all begin in the same way. */
function ownMessage({ message }: Issue, otherwise: string): string {
  return message.startsWith('Invalid') ? otherwise : message;
}

/** All that a number must be, or a list of fixed length; a single finding knows of one limit only. */
function whole(path: readonly PropertyKey[], type: string, { schema, input }: Context): string | undefined {
  const found = schema ? schemasAt(schema, path, input) : [];
  if (type === 'tuple' || type === 'array') {
    const tuple = found
      .map(definitionOf)
      .find((definition) => definition.type === 'tuple' && !definition.rest);
    return tuple?.items && `a list of ${counted(tuple.items.length, 'item')}`;
  }
  if (type !== 'number' && type !== 'int') return undefined;
  const [number, another] = found.filter((each) => definitionOf(each).type === 'number');
  return number && !another ? describeNumber(z.toJSONSchema(number, { unrepresentable: 'any' })) : undefined;
}

type NumberSchema = Pick<
  z.core.JSONSchema.BaseSchema,
  'type' | 'minimum' | 'exclusiveMinimum' | 'maximum' | 'exclusiveMaximum' | 'multipleOf'
>;

function describeNumber({
  type,
  minimum,
  exclusiveMinimum,
  maximum,
  exclusiveMaximum,
  multipleOf,
}: NumberSchema): string {
  // Every whole number has zod's limits of what a number holds exactly.
  const [low, high] = [minimum, maximum].map((limit) =>
    Math.abs(limit ?? 0) === Number.MAX_SAFE_INTEGER ? undefined : limit,
  );
  const limits = [
    low !== undefined && high !== undefined ? `from ${low} to ${high}` : undefined,
    low !== undefined && high === undefined ? `of at least ${low}` : undefined,
    exclusiveMinimum !== undefined ? `above ${exclusiveMinimum}` : undefined,
    low === undefined && high !== undefined ? `of at most ${high}` : undefined,
    exclusiveMaximum !== undefined ? `below ${exclusiveMaximum}` : undefined,
    multipleOf !== undefined ? `divisible by ${multipleOf}` : undefined,
  ].filter((limit) => limit !== undefined);
  return [
    type === 'integer' ? 'a whole number' : 'a number',
    ...(limits.length > 0 ? [limits.join(' and ')] : []),
  ].join(' ');
}

function limited(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'array') return `a list of ${relation} ${counted(limit, 'item')}`;
  if (origin === 'string') return `a text of ${relation} ${counted(limit, 'character')}`;
  return `a number of ${relation} ${limit}`;
}

function counted(count: number | bigint, noun: string): string {
  return `${count} ${noun}${Number(count) === 1 ? '' : 's'}`;
}
