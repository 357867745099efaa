import { dirname, resolve } from 'node:path';
import { badValue, messageOf, MtlError, show } from '../errors.js';
import { describeIssues, Registry, type Plugin } from '../registry/index.js';
import { closest } from '../text.js';
import { findConfig, readConfig } from './find.js';
import { importFile, isPath, resolveModule } from './import-module.js';
import { isFragment, merge, type Fragment } from './merge.js';
import { applyOverrides } from './overrides.js';
import { configParts, configSchema, type Config } from './schema.js';

export interface LoadOptions {
  /** Plugins that need not be named, e.g. the built-in ones. */
  readonly plugins: readonly Plugin[];
  /** Folder that a search starts from; default the current one. */
  readonly folder?: string;
  /** A config file; by default it is looked for, unless a preset is given. */
  readonly file?: string | undefined;
  /** A preset to start from, below what the file says. */
  readonly preset?: string | undefined;
  /** `key.path=value`, above everything else. */
  readonly overrides?: readonly string[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** All parts that the config may name, those of its plugins included. */
  readonly registry: Registry;
  /** Folder that relative paths in the config start from: the config file's. */
  readonly baseFolder: string;
  /** The config file; undefined where there was none. */
  readonly file: string | undefined;
}

/**
 * Finds, reads, merges and checks a config: presets below the file, the file below the overrides.
 * @throws MtlError `CONFIG_INVALID` with everything that is wrong at once: key path, expected, found.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const folder = resolve(options.folder ?? process.cwd());
  const registry = new Registry(options.plugins);
  const found = await readSource(options, folder);
  const baseFolder = found.file ? dirname(found.file) : folder;
  const bottom: Fragment = options.preset === undefined ? {} : { extends: options.preset };
  const merged = merge(
    await expand(bottom, baseFolder, registry, []),
    await expand(found.config, baseFolder, registry, found.file ? [found.file] : []),
  );
  const raw = applyOverrides(merged, options.overrides ?? []);
  return { config: checkConfig(raw, registry, found.file), registry, baseFolder, file: found.file };
}

async function readSource(
  { file, preset }: LoadOptions,
  folder: string,
): Promise<{ file: string | undefined; config: Fragment }> {
  if (file !== undefined) return readConfig(file, folder);
  return preset === undefined ? findConfig(folder) : { file: undefined, config: {} };
}

/** A loaded config with overrides on top, checked again. */
export function applyToConfig(loaded: LoadedConfig, overrides: readonly string[]): LoadedConfig {
  const raw = applyOverrides(loaded.config as unknown as Fragment, overrides);
  return { ...loaded, config: checkConfig(raw, loaded.registry, loaded.file) };
}

/**
 * Checks a merged config against the schema and every part's own options.
 * @throws MtlError `CONFIG_INVALID`
 */
export function checkConfig(raw: Fragment, registry: Registry, file?: string): Config {
  const tasks = isFragment(raw.tasks)
    ? Object.fromEntries(Object.entries(raw.tasks).filter(([, task]) => task !== null))
    : raw.tasks;
  const input = { ...raw, tasks };
  const parsed = configSchema.safeParse(input);
  const problems = parsed.success ? [] : describeIssues(parsed.error, input, '', configSchema);
  for (const { kind, path, spec } of configParts(input)) problems.push(...registry.problems(kind, spec, path));
  if (!parsed.success || problems.length > 0) {
    const heading = `${problems.length === 1 ? 'A problem' : `${problems.length} problems`} in ${file ?? 'the config'}:`;
    throw new MtlError('CONFIG_INVALID', [heading, ...problems.map((problem) => `  ${problem}`)].join('\n'));
  }
  return parsed.data;
}

/** Lays a fragment over everything that it extends, and takes in the plugins that it names. */
async function expand(
  fragment: Fragment,
  folder: string,
  registry: Registry,
  trail: readonly string[],
): Promise<Fragment> {
  const { extends: parents = [], ...own } = fragment;
  await addPlugins(own.plugins, folder, registry);
  let merged: Fragment = {};
  for (const [index, parent] of (Array.isArray(parents) ? parents : [parents]).entries()) {
    const path = Array.isArray(parents) ? `extends[${index}]` : 'extends';
    if (typeof parent !== 'string') {
      throw badValue('CONFIG_INVALID', { what: path, expected: 'a preset or a config file', found: show(parent) });
    }
    const id = isPath(parent) ? resolve(folder, parent) : parent;
    if (trail.includes(id)) {
      throw new MtlError('CONFIG_INVALID', `${path}: ${[...trail, id].join(' extends ')} goes round in a circle`);
    }
    merged = merge(merged, await expandParent(id, path, folder, registry, [...trail, id]));
  }
  return merge(merged, own);
}

async function expandParent(
  id: string,
  path: string,
  folder: string,
  registry: Registry,
  trail: readonly string[],
): Promise<Fragment> {
  if (isPath(id)) {
    const { file, config } = await readConfig(id, folder);
    return expand(config, dirname(file), registry, trail);
  }
  const preset = registry.preset(id);
  if (preset) return expand(preset, folder, registry, trail);
  const names = registry.presetNames();
  const guess = closest(id, names);
  throw badValue('CONFIG_INVALID', {
    what: path,
    expected: `a preset (${names.join(', ')}) or a path to a config file (./…)`,
    found: show(id),
    ...(guess ? { fix: `did you mean "${guess}"?` } : {}),
  });
}

async function addPlugins(names: unknown, folder: string, registry: Registry): Promise<void> {
  if (!Array.isArray(names)) return; // absent, or the schema's to complain about
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string') continue;
    let plugin;
    try {
      plugin = await importFile(resolveModule(name, folder));
    } catch (error) {
      throw new MtlError(
        'PLUGIN_INVALID',
        `plugins[${index}]: cannot load ${show(name)} from ${folder}: ${messageOf(error)}; give a path (./my-plugin.js) or the name of an installed package`,
        { cause: error },
      );
    }
    registry.add(plugin as Plugin);
  }
}
