import { resolve } from 'node:path';
import { MtlError } from '../errors.js';
import { Registry } from '../registry/index.js';
import { loadConfig, type LoadOptions } from './load.js';
import { merge, type Fragment } from './merge.js';
import { parseOverrides } from './overrides.js';
import { configParts, configSchema, type Config } from './schema.js';

const engineSchema = configSchema.pick({ engine: true });

/** The engine that a config names, and what it is made with. */
export interface EngineChoice {
  readonly engine: Config['engine'];
  readonly registry: Registry;
  /** Folder that relative paths in its options start from. */
  readonly baseFolder: string;
}

/**
 * What a config says about its engine, for programs that do not train. Where there is no config, and none is asked for,
 * the overrides say it, or else it is `auto`.
 * @throws MtlError as `loadConfig` does
 */
export async function loadEngine(options: LoadOptions): Promise<EngineChoice> {
  try {
    const { config, registry, baseFolder } = await loadConfig(options);
    return { engine: config.engine, registry, baseFolder };
  } catch (error) {
    const asked = options.file !== undefined || options.preset !== undefined;
    if (asked || !(error instanceof MtlError && error.code === 'CONFIG_NOT_FOUND')) throw error;
  }
  const registry = new Registry(options.plugins);
  const { engine } = merge({ engine: 'auto' }, parseOverrides(options.overrides ?? []));
  return {
    engine: checkEngine({ engine }, registry),
    registry,
    baseFolder: resolve(options.folder ?? process.cwd()),
  };
}

function checkEngine(raw: Fragment, registry: Registry): Config['engine'] {
  const parsed = engineSchema.safeParse(raw);
  const problems = [
    ...(parsed.success ? [] : registry.describe(parsed.error, raw, '', engineSchema)),
    ...configParts(raw).flatMap(({ kind, spec, path, naming }) =>
      registry.problems(kind, spec, path, naming),
    ),
  ];
  if (parsed.success && problems.length === 0) return parsed.data.engine;
  throw new MtlError('CONFIG_INVALID', problems.join('\n'));
}
