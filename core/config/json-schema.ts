import { z } from 'zod';
import { nestedKind, type Kind, type Registry } from '../registry/index.js';
import { configSchema } from './schema.js';

type JsonSchema = Record<string, unknown>;

/** The JSON schema of a config, for editors: every key, and every part of the registry with its options. */
export function configJsonSchema(registry: Registry): JsonSchema {
  const schema = toJsonSchema(configSchema, registry);
  const properties = schema.properties as Record<string, JsonSchema>;
  const names = registry.presetNames();
  properties.extends = {
    description: 'A preset, a config file (./…), or a list of these to start from.',
    anyOf: [{ type: 'string', examples: names }, { type: 'array', items: { type: 'string', examples: names } }],
  };
  properties.tasks = { ...properties.tasks, additionalProperties: taskSchema(registry) };
  // What a preset gives need not be repeated.
  delete schema.required;
  return { ...schema, title: 'crosstask config' };
}

function toJsonSchema(schema: z.ZodType, registry: Registry): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const kind = nestedKind(zodSchema);
      if (!kind) return;
      delete jsonSchema.anyOf;
      Object.assign(jsonSchema, partSchema(kind, registry));
    },
  }) as JsonSchema;
}

/** A part by its name alone, or with its options. */
function partSchema(kind: Kind, registry: Registry): JsonSchema {
  const parts = registry.list().filter((part) => part.kind === kind);
  return {
    anyOf: [
      { enum: parts.map(({ name }) => name) },
      ...parts.map(({ name, description }) => {
        const { properties, ...options } = toJsonSchema(registry.schema(kind, name), registry);
        delete options.$schema;
        return {
          ...options,
          description,
          properties: { name: { const: name }, ...(properties as JsonSchema) },
          required: ['name'],
        };
      }),
    ],
  };
}

/** A task's options stand beside its `type`; which ones depends on the type. */
function taskSchema(registry: Registry): JsonSchema {
  const options = registry.names('task').map((name) => toJsonSchema(registry.schema('task', name), registry));
  return {
    type: ['object', 'null'],
    properties: Object.assign(
      { type: { enum: registry.names('task') } },
      ...options.map(({ properties }) => properties as JsonSchema),
    ) as JsonSchema,
  };
}
