import { z } from 'zod';
import { kinds, nestedKind, type Kind, type Registry } from '../registry/index.js';
import { configSchema } from './schema.js';

/** A JSON schema, as an object. */
export type JsonSchema = Record<string, unknown>;

/** Exporters are named by a command, not by a config. */
const configKinds = kinds.filter((kind) => kind !== 'exporter');

/** The JSON schema (draft 2020-12) of a config, for editors: every key, and every part of the registry with its options. */
export function configJsonSchema(registry: Registry): JsonSchema {
  const { properties, ...schema } = toJsonSchema(configSchema);
  const preset = { type: 'string', examples: registry.presetNames() };
  return {
    ...schema,
    title: 'crosstask config',
    properties: {
      ...(properties as JsonSchema),
      extends: {
        description: 'A preset, a config file (./…), or a list of these to start from.',
        anyOf: [preset, { type: 'array', items: preset }],
      },
      tasks: {
        ...((properties as JsonSchema).tasks as JsonSchema),
        additionalProperties: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/task' }] },
      },
    },
    // By reference: a part may name parts of its own kind.
    $defs: Object.fromEntries(configKinds.map((kind) => [kind, partSchema(kind, registry)])),
  };
}

/** The key paths of a config that do not depend on the parts that it names: `train`, `train.epochs` … */
export function configKeys(): readonly string[] {
  const keys = keysOf(toJsonSchema(configSchema), '');
  // These two are for files: they are worked off before, or not looked at.
  return [...new Set(keys)].filter((key) => key !== '$schema' && key !== 'extends');
}

function keysOf({ properties, anyOf }: JsonSchema, prefix: string): string[] {
  const own = Object.entries((properties ?? {}) as Record<string, JsonSchema>).flatMap(([key, schema]) => [
    prefix + key,
    ...keysOf(schema, `${prefix}${key}.`),
  ]);
  return [...own, ...((anyOf ?? []) as JsonSchema[]).flatMap((form) => keysOf(form, prefix))];
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  const result: JsonSchema = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const kind = nestedKind(zodSchema);
      if (kind) jsonSchema.$ref = `#/$defs/${kind}`;
      // What a preset gives need not be repeated, at any depth.
      delete jsonSchema.required;
      // Without the required keys, the branches of a union overlap.
      if (jsonSchema.oneOf) {
        jsonSchema.anyOf = jsonSchema.oneOf;
        delete jsonSchema.oneOf;
      }
    },
  });
  return result;
}

/** A part by its name alone, or with its options; a task's options stand beside its `type`. */
function partSchema(kind: Kind, registry: Registry): JsonSchema {
  const parts = registry.list().filter((part) => part.kind === kind);
  const named = parts.flatMap(({ name, description }) => {
    const options = toJsonSchema(registry.schema(kind, name));
    delete options.$schema; // said once, by the whole
    const key = { [kind === 'task' ? 'type' : 'name']: { const: name } };
    // Options of several forms: the name goes with each.
    const forms = (options.anyOf as JsonSchema[] | undefined) ?? [options];
    return forms.map(({ properties, ...form }) => ({
      ...form,
      description,
      properties: { ...key, ...(properties as JsonSchema | undefined) },
    }));
  });
  return { anyOf: kind === 'task' ? named : [{ enum: parts.map(({ name }) => name) }, ...named] };
}
