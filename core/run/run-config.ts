import { loadConfig, type LoadedConfig } from '../config/index.js';
import type { Plugin } from '../registry/index.js';
import { RunFolder } from './folder.js';

/**
 * The config that a run was started with, its plugins loaded.
 * @param plugins that need not be named
 * @param overrides `key.path=value` on top
 */
export function loadRunConfig(
  folder: string,
  plugins: readonly Plugin[],
  overrides: readonly string[] = [],
): Promise<LoadedConfig> {
  const { config, baseFolder } = new RunFolder(folder).readConfig();
  return loadConfig({ plugins, config, folder: baseFolder, overrides });
}
