import { z } from 'zod';
import type { Kind } from './plugin.js';
import { childSchema, definitionOf, innerSchema, keyPath } from './zod-nodes.js';

/** A part named in a config: `l1`, or `{ name: l1, reduction: image }`. */
export type PartSpec = string | { readonly name: string; readonly [option: string]: unknown };

/** A part that a config or another part's options name. */
export interface NestedPart {
  readonly kind: Kind;
  /** Its key path, e.g. `tasks.depth.loss`. */
  readonly path: string;
  readonly spec: PartSpec;
}

const nestedKinds = z.registry<{ readonly kind: Kind }>();

/** An option that names a part of some kind. The registry checks the part's own options along with it. */
export function partSpec(kind: Kind) {
  const schema = z.custom<PartSpec>(isPartSpec, { params: { kind } });
  nestedKinds.add(schema, { kind });
  return schema;
}

/** The kind of part that an option's schema names. */
export function nestedKind(schema: z.core.$ZodType): Kind | undefined {
  return nestedKinds.get(schema)?.kind;
}

/** The parts that a value names under its schema, at any depth; where the value is malformed, as far as it can be read. */
export function nestedParts(schema: z.ZodType, value: unknown, path: string): readonly NestedPart[] {
  const kind = nestedKind(schema);
  if (kind) return isPartSpec(value) ? [{ kind, path, spec: value }] : [];
  const { options } = definitionOf(schema);
  const inner = innerSchema(schema) ?? options?.find((option) => option.safeParse(value).success);
  if (inner) return nestedParts(inner, value, path);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const child = childSchema(schema, key);
    return child ? nestedParts(child, item, keyPath(path, [Array.isArray(value) ? Number(key) : key])) : [];
  });
}

/** The name that a part is given by. */
export function partName(part: PartSpec): string {
  return typeof part === 'string' ? part : part.name;
}

export function isPartSpec(value: unknown): value is PartSpec {
  if (typeof value === 'string') return true;
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

/** A mistyped option is never passed over in silence, even where a plugin's schema would drop it. */
export function strict(options: z.ZodType): z.ZodType {
  return options instanceof z.ZodObject && !options.def.catchall ? options.strict() : options;
}
