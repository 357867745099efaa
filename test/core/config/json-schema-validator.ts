type Schema = Readonly<Record<string, unknown>>;
type Check = (rule: never, value: unknown, schema: Schema, root: Schema) => boolean;

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const ifNumber = (check: (rule: number, value: number) => boolean) => (rule: number, value: unknown) =>
  typeof value !== 'number' || check(rule, value);
const ifList =
  (check: (rule: number, value: readonly unknown[]) => boolean) => (rule: number, value: unknown) =>
    !Array.isArray(value) || check(rule, value);
const equal = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  string: (value) => typeof value === 'string',
  array: Array.isArray,
  object: isGroup,
};

/** The keywords of draft 2020-12 that a config's schema uses. */
const keywords: Readonly<Record<string, Check>> = {
  type: (rule: string, value) => types[rule]!(value),
  enum: (rule: readonly unknown[], value) => rule.some((each) => equal(each, value)),
  const: (rule: unknown, value) => equal(rule, value),
  anyOf: (rule: readonly Schema[], value, _, root) => rule.some((each) => matches(each, value, root)),
  $ref: (rule: string, value, _, root) => matches(resolve(rule, root), value, root),
  minimum: ifNumber((rule, value) => value >= rule),
  maximum: ifNumber((rule, value) => value <= rule),
  exclusiveMinimum: ifNumber((rule, value) => value > rule),
  exclusiveMaximum: ifNumber((rule, value) => value < rule),
  minItems: ifList((rule, value) => value.length >= rule),
  maxItems: ifList((rule, value) => value.length <= rule),
  pattern: (rule: string, value) => typeof value !== 'string' || new RegExp(rule, 'u').test(value),
  prefixItems: (rule: readonly Schema[], value, _, root) =>
    !Array.isArray(value) ||
    rule.every((each, index) => index >= value.length || matches(each, value[index], root)),
  items: (rule: Schema | boolean, value, schema, root) =>
    !Array.isArray(value) ||
    value
      .slice((schema.prefixItems as unknown[] | undefined)?.length ?? 0)
      .every((each) => matches(rule, each, root)),
  properties: (rule: Readonly<Record<string, Schema>>, value, _, root) =>
    !isGroup(value) ||
    Object.entries(rule).every(([key, each]) => !(key in value) || matches(each, value[key], root)),
  propertyNames: (rule: Schema, value, _, root) =>
    !isGroup(value) || Object.keys(value).every((key) => matches(rule, key, root)),
  additionalProperties: (rule: Schema | boolean, value, schema, root) =>
    !isGroup(value) ||
    Object.entries(value).every(
      ([key, each]) =>
        Object.hasOwn((schema.properties as object | undefined) ?? {}, key) || matches(rule, each, root),
    ),
};

/** What says something to a reader and nothing about a value. */
const notes = ['$schema', '$defs', 'title', 'description', 'default', 'examples'];

/** Whether a value fits a schema; throws where the schema says something that is no known keyword. */
export function matches(schema: Schema | boolean, value: unknown, root: Schema): boolean {
  if (typeof schema === 'boolean') return schema;
  return Object.entries(schema).every(([keyword, rule]) => {
    if (notes.includes(keyword)) return true;
    const check = keywords[keyword];
    if (!check) throw new Error(`the schema uses "${keyword}", which is not known here`);
    return check(rule as never, value, schema, root);
  });
}

function resolve(reference: string, root: Schema): Schema {
  const path = reference.replace(/^#\//, '').split('/');
  const found = path.reduce<unknown>((inside, key) => (inside as Schema)[key], root);
  if (!isGroup(found)) throw new Error(`${reference} leads nowhere`);
  return found;
}
