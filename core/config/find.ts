import { isAbsolute, resolve } from 'node:path';
import { cosmiconfig, type Loader } from 'cosmiconfig';
import { badValue, messageOf, MtlError, show } from '../errors.js';
import { importFile } from './import-module.js';
import { isFragment, type Fragment } from './merge.js';

const loadModule: Loader = (file) => importFile(file);

const endings = ['yaml', 'yml', 'json', 'js', 'mjs', 'cjs', 'ts', 'mts'];

/** Where a config is looked for, in this order, from the current folder up to the package's root. */
const searchPlaces = [
  ...endings.map((ending) => `mtl.config.${ending}`),
  'package.json',
  '.mtlrc',
  ...endings.map((ending) => `.mtlrc.${ending}`),
  ...endings.map((ending) => `.config/mtl.config.${ending}`),
];

const explorer = cosmiconfig('mtl', {
  searchPlaces,
  searchStrategy: 'project',
  cache: false,
  loaders: { '.js': loadModule, '.mjs': loadModule, '.cjs': loadModule, '.ts': loadModule, '.mts': loadModule },
});

export interface FoundConfig {
  readonly file: string;
  readonly config: Fragment;
}

/**
 * Reads one config file.
 * @throws MtlError `CONFIG_NOT_FOUND`, `CONFIG_INVALID`
 */
export async function readConfig(file: string, folder: string): Promise<FoundConfig> {
  const path = isAbsolute(file) ? file : resolve(folder, file);
  try {
    const found = await explorer.load(path);
    return { file: path, config: checkFragment(found?.config as unknown, path) };
  } catch (error) {
    if (error instanceof MtlError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw badValue('CONFIG_NOT_FOUND', {
        what: '--config',
        expected: 'a config file',
        found: `nothing at ${path}`,
        fix: '"mtl init" writes one',
      });
    }
    throw new MtlError('CONFIG_INVALID', `Cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Looks for a config in its usual places.
 * @throws MtlError `CONFIG_NOT_FOUND`, `CONFIG_INVALID`
 */
export async function findConfig(folder: string): Promise<FoundConfig> {
  let found;
  try {
    found = await explorer.search(folder);
  } catch (error) {
    throw new MtlError('CONFIG_INVALID', `Cannot read the config: ${messageOf(error)}`, { cause: error });
  }
  if (!found) {
    throw new MtlError(
      'CONFIG_NOT_FOUND',
      `No config in ${folder} or above it (looked for mtl.config.yaml, .json, .js, .ts, .mtlrc, "mtl" in package.json …); ` +
        'write one with "mtl init", name one with --config FILE, or start from a preset with --preset NAME',
    );
  }
  return { file: found.filepath, config: checkFragment(found.config as unknown, found.filepath) };
}

function checkFragment(config: unknown, file: string): Fragment {
  if (isFragment(config)) return config;
  throw badValue('CONFIG_INVALID', { what: file, expected: 'a group of keys', found: show(config ?? undefined) });
}
