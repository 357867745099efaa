import { dirname, resolve } from 'node:path';
import { badValue, messageOf, MtlError, show } from '../errors.js';
import type { Plugin, Registry } from '../registry/index.js';
import { didYouMean } from '../text.js';
import { readConfig } from './find.js';
import { importFile, isPath, resolveModule } from './import-module.js';
import { merge, type Fragment } from './merge.js';

/** A fragment and where it stands. */
interface Source {
  /** For messages, e.g. the config file. */
  readonly name: string;
  /** Folder that its relative paths start from. */
  readonly folder: string;
  /** What led here, by file or preset name: none of these may be extended again. */
  readonly trail: readonly string[];
}

/** Lays configs over what they extend, and takes in the plugins that they name, each one once. */
export class Expansion {
  private readonly loaded = new Set<string>();

  /** @param baseFolder that the paths in the expanded config start from */
  constructor(
    private readonly registry: Registry,
    private readonly baseFolder: string,
  ) {}

  /** @throws MtlError naming the source and the key path */
  async expand(fragment: Fragment, source: Source): Promise<Fragment> {
    const { extends: parents = [], ...rest } = fragment;
    const plugins = await this.addPlugins(rest.plugins, source);
    let below: Fragment = {};
    for (const [index, parent] of (isList(parents) ? parents : [parents]).entries()) {
      const what = `extends${isList(parents) ? `[${index}]` : ''} in ${source.name}`;
      below = layer(below, await this.expandParent(parent, what, source));
    }
    return layer(below, { ...rest, plugins });
  }

  /**
   * A preset, or a config file by its path, with what it extends.
   * @param what names it, for messages: a key path or a flag
   */
  async expandParent(
    parent: unknown,
    what: string,
    { folder, trail }: Omit<Source, 'name'>,
  ): Promise<Fragment> {
    const name = typeof parent === 'string' ? parent : '';
    const isFile = isPath(name);
    const id = isFile ? resolve(folder, name) : name;
    if (trail.includes(id)) {
      throw new MtlError(
        'CONFIG_INVALID',
        `${what}: ${[...trail, id].join(' extends ')} goes round in a circle`,
      );
    }
    const next = { name: id, trail: [...trail, id] };
    if (isFile) {
      const { file, config } = await readConfig(id, folder, what);
      return this.expand(config, { ...next, folder: dirname(file) });
    }
    const preset = this.registry.preset(id);
    if (preset) return this.expand(preset, { ...next, name: `preset "${id}"`, folder });
    const names = this.registry.presetNames();
    const fix = /\.\w+$/.test(id) ? `write ./${id} for a file` : didYouMean(id, names);
    throw badValue('CONFIG_INVALID', {
      what,
      expected: `a config file (./…) or a preset${names.length > 0 ? `: ${names.join(', ')}` : ''}`,
      found: show(parent),
      ...(fix ? { fix } : {}),
    });
  }

  /** Gives the names back as they can be read from the base folder. */
  private async addPlugins(names: unknown, { name: source, folder }: Source): Promise<unknown> {
    if (!isList(names)) return names; // absent, or the schema's to complain about
    for (const [index, name] of names.entries()) {
      if (typeof name === 'string') await this.addPlugin(name, folder, `plugins[${index}] in ${source}`);
    }
    if (folder === this.baseFolder) return names;
    return names.map((name) => (typeof name === 'string' && isPath(name) ? resolve(folder, name) : name));
  }

  private async addPlugin(name: string, folder: string, what: string): Promise<void> {
    let file: string;
    try {
      file = resolveModule(name, folder);
    } catch (error) {
      const found = `${show(name)} (${messageOf(error).split('\n', 1)[0]})`;
      const expected = 'the path of a module (./…) or the name of an installed package';
      throw badValue('PLUGIN_INVALID', { what, expected, found }, { cause: error });
    }
    if (this.loaded.has(file)) return;
    this.loaded.add(file);
    let plugin: unknown;
    try {
      plugin = await importFile(file);
    } catch (error) {
      throw new MtlError('PLUGIN_INVALID', `${what}: cannot load ${file}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    try {
      this.registry.add(plugin as Plugin);
    } catch (error) {
      if (!(error instanceof MtlError)) throw error;
      throw new MtlError(error.code, `${what}: the default export of ${file}: ${error.message}`, {
        cause: error,
      });
    }
  }
}

/** One expanded config over another; it needs the plugins of both. */
export function layer(below: Fragment, above: Fragment): Fragment {
  const [others, own] = [below.plugins, above.plugins];
  const plugins = isList(others) && isList(own) ? [...new Set([...others, ...own])] : own;
  return merge(below, { ...above, plugins });
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
