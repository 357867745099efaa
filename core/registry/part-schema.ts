import { z } from 'zod';
import type { Kind } from './plugin.js';

const nestedKinds = new WeakMap<object, Kind>();

/**
 * An option that names a part of some kind: `l1`, or `{ name: l1, reduction: image }`. The registry checks the
 * part's own options along with those of the part that uses it.
 */
export function partSpec(kind: Kind) {
  const schema = z.union([z.string(), z.looseObject({ name: z.string() })]);
  nestedKinds.set(schema, kind);
  return schema;
}

/** The parts that a set of options names. */
export function nestedParts(options: z.ZodType, values: unknown): { key: string; kind: Kind; spec: PartSpec }[] {
  const shape = options instanceof z.ZodObject ? (options.shape as Record<string, z.ZodType>) : {};
  return Object.entries(shape).flatMap(([key, schema]) => {
    const kind = nestedKinds.get(innermost(schema));
    const value = (values as Record<string, PartSpec | undefined>)[key];
    return kind && value !== undefined ? [{ key, kind, spec: value }] : [];
  });
}

/** A part named in a config. */
export type PartSpec = string | { readonly name: string; readonly [option: string]: unknown };

/** The schema within `.optional()`, `.default()` and the like. */
function innermost(schema: z.ZodType): object {
  const { innerType } = schema.def as { innerType?: z.ZodType };
  return innerType ? innermost(innerType) : schema;
}

/** The kind of part that an option's schema names. */
export function nestedKind(schema: object): Kind | undefined {
  return nestedKinds.get(schema);
}
