import { dirname, resolve } from 'node:path';
import { badValue, clip, MtlError, show } from '../errors.js';
import { Registry, type Plugin } from '../registry/index.js';
import { checkExtent } from './extent.js';
import { Expansion, layer } from './expand.js';
import { findConfig, readConfig } from './find.js';
import { isFragment, merge, type Fragment } from './merge.js';
import { parseOverrides } from './overrides.js';
import { configParts, configSchema, type Config } from './schema.js';

/** Told of one config; a file that is no config at all may have one at every key. */
const mostProblems = 100;

/** Where a config comes from: one that is there, a file, a preset below either or alone, else a search. */
export interface LoadOptions {
  /** Plugins that need not be named, e.g. the built-in ones. */
  readonly plugins: readonly Plugin[];
  /** Folder that a search starts from; default the current one. */
  readonly folder?: string;
  /** A config file; by default it is looked for, unless a preset is given. */
  readonly file?: string | undefined;
  /** A config that is there already, instead of a file. */
  readonly config?: Fragment | undefined;
  /** A preset to start from, below what the file says. */
  readonly preset?: string | undefined;
  /** `key.path=value`, above everything else. */
  readonly overrides?: readonly string[];
}

/** A checked config, with what is needed to make what it names. */
export interface LoadedConfig {
  readonly config: Config;
  /** All parts that the config may name, those of its plugins included. */
  readonly registry: Registry;
  /** Folder that relative paths in the config start from: the config file's. */
  readonly baseFolder: string;
  /** The config file; undefined where there was none. */
  readonly file: string | undefined;
  /** Plugins that the config need not name, see `LoadOptions`. */
  readonly plugins: readonly Plugin[];
}

/**
 * Finds, reads, merges and checks a config: presets below the file, the file below the overrides.
 * @throws MtlError `CONFIG_INVALID` with everything that is wrong at once: key path, expected, found.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const folder = folderOf(options);
  const registry = new Registry(options.plugins);
  const { file, config } = await readSource(options, folder);
  const baseFolder = file ? dirname(file) : folder;
  const expansion = new Expansion(registry, baseFolder);
  const { extends: parents, plugins, ...flags } = parseOverrides(options.overrides ?? []);
  // The file first: its plugins may bring the preset. Flags that say what else to read have their say before it is read.
  const above = await expansion.expand(merge(config, { extends: parents, plugins }), {
    name: file ?? 'the config',
    folder: baseFolder,
    trail: file ? [file] : [],
  });
  const { preset } = options;
  const below =
    preset === undefined
      ? {}
      : await expansion.expandParent(preset, '--preset', { folder: baseFolder, trail: [] });
  const raw = merge(layer(below, above), flags);
  return { config: checkConfig(raw, registry, file), registry, baseFolder, file, plugins: options.plugins };
}

/** What a run folder kept comes from its file: types say nothing of it. */
function folderOf({ folder = process.cwd() }: { readonly folder?: unknown }): string {
  if (typeof folder === 'string') return resolve(folder);
  throw badValue('CONFIG_INVALID', { what: 'the base folder', expected: 'a path', found: show(folder) });
}

function givenConfig(config: unknown): Fragment {
  if (!isFragment(config)) {
    throw badValue('CONFIG_INVALID', {
      what: 'the config',
      expected: 'a group of keys',
      found: show(config),
    });
  }
  checkExtent(config, 'the config');
  return config;
}

async function readSource(
  { file, preset, config }: LoadOptions,
  folder: string,
): Promise<{ file: string | undefined; config: Fragment }> {
  if (config !== undefined) return { file: undefined, config: givenConfig(config) };
  if (file !== undefined) return readConfig(file, folder, '--config');
  return preset === undefined ? findConfig(folder) : { file: undefined, config: {} };
}

/**
 * Checks a merged config against the schema and every part's own options.
 * @throws MtlError `CONFIG_INVALID`
 */
export function checkConfig(raw: Fragment, registry: Registry, file?: string): Config {
  const tasks = isFragment(raw.tasks)
    ? Object.fromEntries(Object.entries(raw.tasks).filter(([, task]) => task !== null))
    : raw.tasks;
  const parsed = configSchema.safeParse({ ...raw, tasks });
  const parts = configParts(parsed.success ? parsed.data : { ...raw, tasks });
  const problems = [
    ...(parsed.success ? [] : registry.describe(parsed.error, raw, '', configSchema)),
    ...parts.flatMap(({ kind, spec, path, naming }) => registry.problems(kind, spec, path, naming)),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  const heading = `${problems.length === 1 ? 'A problem' : `${problems.length} problems`} in ${file ?? 'the config'}:`;
  const shown = problems.slice(0, mostProblems).map((problem) => `  ${clip(problem)}`);
  if (problems.length > shown.length) shown.push(`  … and ${problems.length - shown.length} more`);
  throw new MtlError('CONFIG_INVALID', [heading, ...shown].join('\n'));
}
