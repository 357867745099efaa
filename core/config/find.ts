import { existsSync, statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { cosmiconfig, defaultLoaders, type CosmiconfigResult, type Loader } from 'cosmiconfig';
import { badValue, clip, messageOf, MtlError, show } from '../errors.js';
import { checkRegularFile } from '../io/read-file.js';
import { checkExtent, checkText, longestText } from './extent.js';
import { importFile } from './import-module.js';
import { isFragment, type Fragment } from './merge.js';

/** A file of comments alone is empty; to the search, its null would mean that there is no config in it. */
const loadYaml: Loader = async (file, content) => {
  checkText(content);
  return ((await defaultLoaders['.yaml'](file, content)) as unknown) ?? undefined;
};

/** Some editors begin a file with a byte order mark. */
const loadJson: Loader = (file, content) => {
  checkText(content);
  return defaultLoaders['.json'](file, content.replace(/^\uFEFF/, '')) as unknown;
};

/** A config's own failure must not look like a missing file to the search, which would then pass over it. */
const loadModule: Loader = async (file) => {
  try {
    return await importFile(file);
  } catch (error) {
    throw new MtlError('CONFIG_INVALID', `Cannot load ${file}: ${messageOf(error)}`, { cause: error });
  }
};

const moduleEndings = ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'];
const endings = ['yaml', 'yml', 'json', ...moduleEndings];

/** Where a config is looked for, in this order, from the current folder up to the package's root. */
const searchPlaces = [
  ...endings.map((ending) => `mtl.config.${ending}`),
  'package.json',
  '.mtlrc',
  ...endings.map((ending) => `.mtlrc.${ending}`),
  ...endings.map((ending) => `.config/mtl.config.${ending}`),
  '.config/mtlrc',
  ...endings.map((ending) => `.config/mtlrc.${ending}`),
];

/** Made when it is needed: cosmiconfig reads the current folder's package.json at once, and throws where that is broken. */
function explorer() {
  return cosmiconfig('mtl', {
    searchPlaces,
    searchStrategy: 'project',
    cache: false,
    // An empty file that has a config's name is a mistake to be told about.
    ignoreEmptySearchPlaces: false,
    loaders: {
      noExt: loadYaml,
      '.yaml': loadYaml,
      '.yml': loadYaml,
      '.json': loadJson,
      ...Object.fromEntries(moduleEndings.map((ending) => [`.${ending}`, loadModule])),
    },
  });
}

export interface FoundConfig {
  readonly file: string;
  readonly config: Fragment;
}

/**
 * Reads one config file.
 * @param asked what names the file, for messages: a flag or a key path
 * @throws MtlError `CONFIG_NOT_FOUND`, `CONFIG_INVALID`
 */
export async function readConfig(file: string, folder: string, asked: string): Promise<FoundConfig> {
  const path = resolve(folder, file);
  if (!existsSync(path)) {
    throw badValue('CONFIG_NOT_FOUND', {
      what: asked,
      expected: 'a config file',
      found: `nothing at ${path}`,
      fix: 'check the path; "mtl init" writes a new config',
    });
  }
  if (extname(path) && !endings.includes(extname(path).slice(1))) {
    throw badValue('CONFIG_INVALID', {
      what: asked,
      expected: `a file that ends in .${endings.join(', .')} or has no ending`,
      found: path,
    });
  }
  const found = await reading(path, () => {
    // Before it is read: reading a device or a pipe may never end.
    checkRegularFile(statSync(path), isModule(path) ? Infinity : longestText);
    return explorer().load(path);
  });
  return { file: path, config: checkFragment(found, path) };
}

/**
 * Looks for a config in its usual places.
 * @throws MtlError `CONFIG_NOT_FOUND`, `CONFIG_INVALID`
 */
export async function findConfig(folder: string): Promise<FoundConfig> {
  const found = await reading('the config', () => explorer().search(folder));
  if (found) return { file: found.filepath, config: checkFragment(found, found.filepath) };
  throw new MtlError(
    'CONFIG_NOT_FOUND',
    `No config in ${folder} or above it (looked for mtl.config.yaml, .json, .js, .ts, .mtlrc, "mtl" in package.json …); ` +
      'write one with "mtl init", name one with --config FILE, or start from a preset with --preset NAME',
  );
}

function isModule(file: string): boolean {
  return moduleEndings.includes(extname(file).slice(1));
}

async function reading(what: string, read: () => Promise<CosmiconfigResult>): Promise<CosmiconfigResult> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof MtlError) throw error;
    const { filepath: file = what } = error as { filepath?: string };
    throw new MtlError('CONFIG_INVALID', `Cannot read ${file}: ${clip(reasonOf(error))}`, { cause: error });
  }
}

/**
 * cosmiconfig's messages name the file, which stands before them here, and those about JSON quote its text twice, in
 * colours where it takes the output for a terminal (`CI`, `FORCE_COLOR`); an error's message is plain text.
 */
function reasonOf(error: unknown): string {
  const reason = messageOf(error).replace(/^(\w+) Error in .*:\s*\n/, 'not valid $1: ');
  const json = /^(?:not valid JSON: )?(.*) while parsing /m.exec(reason)?.[1];
  if (json === undefined) return reason.trimEnd();
  const { codeFrame } = error as { codeFrame?: string };
  return `not valid JSON: ${json}${codeFrame ? `\n\n${stripVTControlCharacters(codeFrame)}` : ''}`;
}

function checkFragment(found: CosmiconfigResult, file: string): Fragment {
  const config = found?.config as unknown;
  if (isFragment(config)) {
    checkExtent(config, file);
    return config;
  }
  const isPackage = basename(file) === 'package.json';
  throw badValue('CONFIG_INVALID', {
    what: file,
    expected: isPackage ? 'a group of keys under "mtl"' : 'a group of keys',
    found: found && !found.isEmpty ? show(config) : isPackage ? 'none' : 'an empty file',
  });
}
