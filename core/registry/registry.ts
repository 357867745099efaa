import type { z } from 'zod';
import { complain, MtlError, messageOf, show } from '../errors.js';
import { isGroup } from '../group.js';
import { didYouMean } from '../text.js';
import type { Deps } from './deps.js';
import {
  kindFields,
  kinds,
  presetFields,
  type Kind,
  type Kinds,
  type PartDefinition,
  type Plugin,
  type Preset,
  type PresetField,
} from './plugin.js';
import { nestedParts, strict, type PartSpec } from './part-schema.js';
import { describeIssues, oneOfParts } from './zod-issues.js';

/** One line of `mtl plugins`. */
export interface PartListing {
  readonly kind: Kind;
  readonly name: string;
  readonly plugin: string;
  readonly description: string;
}

interface Entry {
  readonly plugin: string;
  readonly part: PartDefinition<unknown>;
  /** The part's own schema, made strict. */
  readonly options: z.ZodType;
}

const presetFieldNames = Object.keys(presetFields) as readonly PresetField[];

/** All parts that a run can name: kind + name → options schema + factory. */
export class Registry {
  private readonly parts = new Map<Kind, Map<string, Entry>>(kinds.map((kind) => [kind, new Map()]));
  private readonly written = new Map<PresetField, Map<string, { plugin: string; preset: Preset }>>(
    presetFieldNames.map((field) => [field, new Map()]),
  );

  constructor(plugins: readonly Plugin[] = []) {
    for (const plugin of plugins) this.add(plugin);
  }

  /**
   * Takes in all of a plugin's parts, presets and comparisons, or none of them.
   * @throws MtlError `PLUGIN_INVALID` where it is no plugin, `PLUGIN_DUPLICATE` where a name is taken.
   */
  add(plugin: Plugin): void {
    const { name } = checkPlugin(plugin);
    const presets = presetFieldNames.flatMap((field) =>
      Object.entries(plugin[field] ?? {}).map(([preset, fragment]) => [field, preset, fragment] as const),
    );
    const parts = kinds.flatMap((kind) =>
      Object.entries<PartDefinition<unknown>>(plugin[kindFields[kind]] ?? {}).map(
        ([part, definition]) => [kind, part, definition] as const,
      ),
    );
    for (const [kind, part] of parts) {
      const taken = this.parts.get(kind)!.get(part);
      if (taken) throw duplicate(`${kind} "${part}"`, name, taken.plugin);
    }
    for (const [field, preset] of presets) {
      const taken = this.written.get(field)!.get(preset);
      if (taken) throw duplicate(`${presetFields[field]} "${preset}"`, name, taken.plugin);
    }
    for (const [kind, part, definition] of parts) {
      this.parts
        .get(kind)!
        .set(part, { plugin: name, part: definition, options: strict(definition.options) });
    }
    for (const [field, preset, fragment] of presets)
      this.written.get(field)!.set(preset, { plugin: name, preset: fragment });
  }

  /** The parts of a kind by name. */
  names(kind: Kind): readonly string[] {
    return [...this.parts.get(kind)!.keys()];
  }

  /** All parts of all kinds. */
  list(): readonly PartListing[] {
    return kinds.flatMap((kind) =>
      [...this.parts.get(kind)!].map(([name, { plugin, part }]) => ({
        kind,
        name,
        plugin,
        description: part.description,
      })),
    );
  }

  /** What `extends` can name. */
  presetNames(): readonly string[] {
    return [...this.written.get('presets')!.keys()];
  }

  /** A preset by name; undefined where there is none. */
  preset(name: string): Preset | undefined {
    return this.written.get('presets')!.get(name)?.preset;
  }

  /** Names of all comparisons, as presets have them. */
  comparisonNames(): readonly string[] {
    return [...this.written.get('comparisons')!.keys()];
  }

  /** Undefined where no plugin brings one of that name. */
  comparison(name: string): Preset | undefined {
    return this.written.get('comparisons')!.get(name)?.preset;
  }

  /** The options schema of a part, e.g. for an editor's JSON schema. */
  schema(kind: Kind, name: string): z.ZodType {
    return this.find(kind, name).options;
  }

  /**
   * Everything wrong with a part's name and options, each line starting with its key path; empty where all is well.
   * @param naming where the name stands, if elsewhere than usual, and what else to do about a wrong one
   */
  problems(
    kind: Kind,
    spec: PartSpec,
    path: string,
    naming: { readonly path?: string; readonly hint?: string } = {},
  ): readonly string[] {
    const { name, options } = splitSpec(spec);
    const schema = this.parts.get(kind)!.get(name)?.options;
    if (!schema) return [this.unknown(kind, name, naming.path ?? namePath(spec, path), naming.hint)];
    const parsed = schema.safeParse(options);
    const nested = nestedParts(schema, parsed.success ? parsed.data : options, path);
    return [
      ...(parsed.success ? [] : this.describe(parsed.error, options, path, schema)),
      ...nested.flatMap((part) => this.problems(part.kind, part.spec, part.path)),
    ];
  }

  /** A schema's findings in words, with the names of the parts that an option may name. */
  describe(error: z.ZodError, input: unknown, path: string, schema: z.ZodType): readonly string[] {
    return describeIssues(error, input, path, schema, (kind) => this.names(kind));
  }

  /**
   * Makes a part.
   * @throws MtlError `PLUGIN_UNKNOWN` with the valid names, `CONFIG_INVALID` with all that is wrong with the options.
   */
  create<K extends Kind>(kind: K, spec: PartSpec, deps: Deps, path: string = kind): Kinds[K] {
    const { name, options } = splitSpec(spec);
    const { part, options: schema } = this.find(kind, name, namePath(spec, path));
    const parsed = schema.safeParse(options);
    if (!parsed.success) {
      throw new MtlError('CONFIG_INVALID', this.describe(parsed.error, options, path, schema).join('\n'));
    }
    try {
      return part.create(parsed.data, deps) as Kinds[K];
    } catch (error) {
      if (error instanceof MtlError) throw error;
      throw new MtlError('PLUGIN_INVALID', `Cannot make ${kind} "${name}":\n  ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  private find(kind: Kind, name: string, path: string = kind): Entry {
    const entry = this.parts.get(kind)!.get(name);
    if (!entry) throw new MtlError('PLUGIN_UNKNOWN', this.unknown(kind, name, path));
    return entry;
  }

  private unknown(kind: Kind, name: string, path: string, hint?: string): string {
    const names = this.names(kind);
    const guess = didYouMean(name, names);
    const fix = guess && hint ? `${guess} (${hint})` : (guess ?? hint);
    return complain({ what: path, expected: oneOfParts(names), found: show(name), ...(fix ? { fix } : {}) });
  }
}

/** Where a part's name stands. */
function namePath(spec: PartSpec, path: string): string {
  return typeof spec === 'string' ? path : `${path}.name`;
}

function splitSpec(spec: PartSpec): { name: string; options: Record<string, unknown> } {
  if (typeof spec === 'string') return { name: spec, options: {} };
  const { name, ...options } = spec;
  return { name, options };
}

function duplicate(what: string, plugin: string, owner: string): MtlError {
  return new MtlError(
    'PLUGIN_DUPLICATE',
    `Plugin "${plugin}" defines ${what}, which plugin "${owner}" already defines; give it another name`,
  );
}

function checkPlugin(plugin: unknown): Plugin {
  const fields = ['name', 'module', ...presetFieldNames, ...Object.values(kindFields)];
  const fail = (reason: string): never => {
    throw new MtlError('PLUGIN_INVALID', `expected a plugin made by definePlugin({ name, … }), ${reason}`);
  };
  if (!isGroup(plugin)) return fail(`found ${outline(plugin)}`);
  const { name, module, ...lists } = plugin;
  if (typeof name !== 'string' || !name) return fail(`found ${outline(plugin)}, whose name is ${show(name)}`);
  if (module !== undefined && typeof module !== 'string')
    fail(`found the module ${show(module)} in "${name}"; it is import.meta.url`);
  for (const [field, parts] of Object.entries(lists)) {
    if (!fields.includes(field))
      fail(`found the unknown field "${field}" in "${name}"; the fields are ${fields.join(', ')}`);
    if (parts === undefined) continue;
    if (!isGroup(parts))
      fail(`found ${outline(parts)} as the ${field} of "${name}"; write ${field}: { myName: … }`);
    const likeFile = presetFieldNames.find((each) => each === field);
    for (const [part, definition] of Object.entries(parts as object)) {
      if (likeFile ? isGroup(definition) : isPart(definition)) continue;
      const form =
        likeFile !== undefined
          ? `written like a ${likeFile === 'presets' ? 'config' : 'comparison file'}`
          : 'made by definePart({ description, options, create }), its options a zod schema';
      fail(`found ${outline(definition)} as ${field}.${part} of "${name}"; it must be ${form}`);
    }
  }
  return plugin as unknown as Plugin;
}

/** A value in a message; of an object its keys, for a schema within would fill pages. */
function outline(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  const keys = isGroup(value) ? Object.keys(value) : [];
  return keys.length > 0 ? `{ ${keys.join(', ')} }` : show(value);
}

function isPart(value: unknown): boolean {
  const { description, options, create } = (value ?? {}) as Partial<PartDefinition<unknown>>;
  return (
    typeof description === 'string' &&
    typeof options?.safeParse === 'function' &&
    typeof create === 'function'
  );
}
