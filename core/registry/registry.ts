import type { z } from 'zod';
import { MtlError, messageOf, show } from '../errors.js';
import { closest } from '../text.js';
import type { Deps } from './deps.js';
import { kindFields, kinds, type Kind, type Kinds, type PartDefinition, type Plugin, type Preset } from './plugin.js';
import { nestedParts, type PartSpec } from './part-schema.js';
import { describeIssues } from './zod-issues.js';

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
}

/** All parts that a run can name: kind + name → options schema + factory. */
export class Registry {
  private readonly parts = new Map<Kind, Map<string, Entry>>(kinds.map((kind) => [kind, new Map()]));
  private readonly presetsByName = new Map<string, { plugin: string; preset: Preset }>();

  constructor(plugins: readonly Plugin[] = []) {
    for (const plugin of plugins) this.add(plugin);
  }

  /**
   * Takes in all of a plugin's parts and presets, or none of them.
   * @throws MtlError `PLUGIN_INVALID` where it is no plugin, `PLUGIN_DUPLICATE` where a name is taken.
   */
  add(plugin: Plugin): void {
    const { name } = checkPlugin(plugin);
    const presets = Object.entries(plugin.presets ?? {});
    const parts = kinds.flatMap((kind) =>
      Object.entries(plugin[kindFields[kind]] ?? {}).map(([part, definition]) => [kind, part, definition] as const),
    );
    for (const [kind, part] of parts) {
      const taken = this.parts.get(kind)!.get(part);
      if (taken) throw duplicate(`${kind} "${part}"`, name, taken.plugin);
    }
    for (const [preset] of presets) {
      const taken = this.presetsByName.get(preset);
      if (taken) throw duplicate(`preset "${preset}"`, name, taken.plugin);
    }
    for (const [kind, part, definition] of parts) {
      this.parts.get(kind)!.set(part, { plugin: name, part: definition });
    }
    for (const [preset, fragment] of presets) this.presetsByName.set(preset, { plugin: name, preset: fragment });
  }

  names(kind: Kind): readonly string[] {
    return [...this.parts.get(kind)!.keys()];
  }

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

  presetNames(): readonly string[] {
    return [...this.presetsByName.keys()];
  }

  preset(name: string): Preset | undefined {
    return this.presetsByName.get(name)?.preset;
  }

  /** The options schema of a part, e.g. for an editor's JSON schema. */
  schema(kind: Kind, name: string): z.ZodType {
    return this.find(kind, name).part.options;
  }

  /** Everything wrong with a part's name and options, each line starting with its key path; empty where all is well. */
  problems(kind: Kind, spec: PartSpec, path: string): readonly string[] {
    const { name, options } = splitSpec(spec);
    const entry = this.parts.get(kind)!.get(name);
    if (!entry) return [this.unknown(kind, name, typeof spec === 'string' ? path : `${path}.name`)];
    const parsed = entry.part.options.safeParse(options);
    if (!parsed.success) return describeIssues(parsed.error, options, path, entry.part.options);
    return nestedParts(entry.part.options, parsed.data).flatMap(({ key, kind: nested, spec: inner }) =>
      this.problems(nested, inner, `${path}.${key}`),
    );
  }

  /**
   * Makes a part.
   * @throws MtlError `PLUGIN_UNKNOWN` with the valid names, `CONFIG_INVALID` with all that is wrong with the options.
   */
  create<K extends Kind>(kind: K, spec: PartSpec, deps: Deps, path: string = kind): Kinds[K] {
    const { name, options } = splitSpec(spec);
    const { part } = this.find(kind, name);
    const parsed = part.options.safeParse(options);
    if (!parsed.success) {
      throw new MtlError('CONFIG_INVALID', describeIssues(parsed.error, options, path, part.options).join('\n'));
    }
    try {
      return part.create(parsed.data, deps) as Kinds[K];
    } catch (error) {
      if (error instanceof MtlError) throw error;
      throw new MtlError('PLUGIN_INVALID', `Cannot make ${kind} "${name}":\n  ${messageOf(error)}`, { cause: error });
    }
  }

  private find(kind: Kind, name: string): Entry {
    const entry = this.parts.get(kind)!.get(name);
    if (!entry) throw new MtlError('PLUGIN_UNKNOWN', this.unknown(kind, name, kind));
    return entry;
  }

  private unknown(kind: Kind, name: string, path: string): string {
    const names = this.names(kind);
    const guess = closest(name, names);
    return `${path}: expected one of ${names.join(', ')}, found ${show(name)}${guess ? `; did you mean "${guess}"?` : ''}`;
  }
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
  const fields = ['name', 'presets', ...Object.values(kindFields)];
  const fail = (reason: string): never => {
    throw new MtlError('PLUGIN_INVALID', `A plugin must be an object made by definePlugin({ name, … }): ${reason}`);
  };
  if (typeof plugin !== 'object' || plugin === null) return fail(`found ${show(plugin)}`);
  const given = plugin as Record<string, unknown>;
  if (typeof given.name !== 'string' || !given.name) return fail(`its name is ${show(given.name)}`);
  for (const [field, value] of Object.entries(given)) {
    if (!fields.includes(field)) fail(`"${given.name}" has an unknown field "${field}"; the fields are ${fields.join(', ')}`);
    if (field === 'name' || field === 'presets') continue;
    for (const [name, part] of Object.entries((value ?? {}) as Record<string, Partial<PartDefinition<unknown>>>)) {
      if (typeof part.create !== 'function' || typeof part.options?.safeParse !== 'function') {
        fail(`${field}.${name} of "${given.name}" needs { description, options: a zod schema, create }`);
      }
    }
  }
  return plugin as Plugin;
}
