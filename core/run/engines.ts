import type { EngineChoice } from '../config/index.js';
import type { BuildProgress, Engine } from '../contracts/index.js';
import { MtlError } from '../errors.js';
import {
  partName,
  RunContainer,
  tokens,
  type Deps,
  type PartSpec,
  type Registry,
} from '../registry/index.js';

/** An engine and whether it runs here. */
export interface EngineReport {
  readonly name: string;
  readonly usable: boolean;
  /** What it is, or why it cannot be used. */
  readonly reason: string;
  /** What to do about it. */
  readonly fix?: string;
}

/**
 * Looks at every engine that the registry has, best first.
 * @param choice the engine that a config names is looked at with its options
 */
export async function checkEngines(
  registry: Registry,
  { engine: named = 'auto', baseFolder = process.cwd() }: Partial<EngineChoice> = {},
): Promise<readonly EngineReport[]> {
  const deps = offering(registry, baseFolder);
  const engines = registry
    .names('engine')
    .map((name) => registry.create('engine', partName(named) === name ? named : name, deps));
  const reports = engines
    .toSorted((left, right) => right.priority - left.priority)
    .map(async (engine): Promise<EngineReport> => {
      const check = await engine.check();
      return check.usable
        ? { name: engine.name, usable: true, reason: check.detail }
        : { name: engine.name, usable: false, reason: check.reason, fix: check.fix };
    });
  return Promise.all(reports);
}

/**
 * Starts the engine that is named, or the best one that can be used.
 * @throws MtlError `ENGINE_UNUSABLE`
 */
export async function startEngine(choice: EngineChoice, deps: Deps): Promise<Engine> {
  const { registry } = choice;
  const engine = registry.create('engine', await chosenEngine(choice), deps);
  await engine.start();
  return engine;
}

async function chosenEngine({ engine, registry, baseFolder }: EngineChoice): Promise<PartSpec> {
  if (engine !== 'auto') return engine;
  const reports = await checkEngines(registry, { baseFolder });
  const best = reports.find(({ usable }) => usable);
  if (best) return best.name;
  const reasons = reports.map(({ name, reason, fix }) => `  ${name}: ${reason}; ${fix}`);
  throw new MtlError('ENGINE_UNUSABLE', ['No engine can be used here:', ...reasons].join('\n'));
}

/**
 * Makes what the named engine needs besides packages.
 * @param signal aborting it stops the build and removes what was made
 * @returns one line that says what was made; undefined where the engine needs no such thing
 * @throws MtlError `PLUGIN_UNKNOWN`, `ENGINE_BUILD_FAILED`, `INTERRUPTED`
 */
export async function buildEngine(
  { engine, registry, baseFolder }: EngineChoice,
  onProgress: (progress: BuildProgress) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  return registry.create('engine', engine, offering(registry, baseFolder)).build?.(onProgress, signal);
}

function offering(registry: Registry, baseFolder: string): Deps {
  return new RunContainer().provide(tokens.registry, registry).provide(tokens.baseFolder, baseFolder);
}
