import type { z } from 'zod';

/** What a schema of any kind says of its inside. */
interface Definition {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly out?: z.ZodType;
  readonly getter?: () => z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly discriminator?: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly items?: readonly z.ZodType[];
  readonly rest?: z.ZodType | null;
  readonly values?: readonly unknown[];
}

type Path = readonly PropertyKey[];

export function definitionOf(schema: z.ZodType): Definition {
  return schema.def;
}

/** The schema within `.optional()`, `.default()`, `z.lazy()`, `z.preprocess()` and the like. */
export function innerSchema(schema: z.ZodType): z.ZodType | undefined {
  const { innerType, in: input, out, getter } = definitionOf(schema);
  return innerType ?? getter?.() ?? (input && definitionOf(input).type === 'transform' ? out : input);
}

/** The schema of a group's key or a list's item. */
export function childSchema(schema: z.ZodType, key: PropertyKey): z.ZodType | undefined {
  const { shape, items, rest, element, valueType } = definitionOf(schema);
  if (shape) return Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
  if (items) return items[Number(key)] ?? rest ?? undefined;
  return element ?? valueType;
}

/** The schemas that may apply at a path, without wrappers and unions. */
export function schemasAt(schema: z.ZodType, path: Path, input: unknown): z.ZodType[] {
  return path.reduce<z.ZodType[]>(
    (schemas, key, index) => {
      const value = valueAt(input, path.slice(0, index + 1));
      return schemas.flatMap((parent) => {
        const child = childSchema(parent, key);
        return child ? branches(child, value) : [];
      });
    },
    branches(schema, input),
  );
}

/** The keys that groups accept at a path. */
export function keysAt(schema: z.ZodType, path: Path, input: unknown): string[] {
  return [
    ...new Set(
      schemasAt(schema, path, input).flatMap((found) => Object.keys(definitionOf(found).shape ?? {})),
    ),
  ];
}

export function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    input,
  );
}

/** `train.scales[1]` */
export function keyPath(prefix: string, path: Path): string {
  const inner = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return (prefix + inner).replace(/^\./, '');
}

/** Of a union that tells its branches apart by a key, the branch that the value names; of another one, all. */
function branches(schema: z.ZodType, value: unknown): z.ZodType[] {
  const inner = innerSchema(schema);
  if (inner) return branches(inner, value);
  const { options, discriminator } = definitionOf(schema);
  if (!options) return [schema];
  const named = options.filter((option) => {
    const tag = discriminator === undefined ? undefined : childSchema(option, discriminator);
    return tag && definitionOf(tag).values?.includes(valueAt(value, [discriminator!]));
  });
  return (named.length > 0 ? named : options).flatMap((option) => branches(option, value));
}
