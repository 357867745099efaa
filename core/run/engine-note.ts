import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/index.js';
import type { Engine } from '../contracts/index.js';
import { lastEngine, type Environment } from './environment.js';

/** The engine of a part of a run. */
export interface EngineUse {
  /** As the config says. */
  readonly config: Config['engine'];
  readonly environment: Partial<Environment> | undefined;
}

/**
 * What to say of a run that goes on with another engine, or with other options of it; undefined where it does not.
 * @param engine the one that it goes on with
 */
export function engineNote(
  before: EngineUse,
  now: EngineUse,
  { digitsFollowDetail = false }: Pick<Engine, 'digitsFollowDetail'>,
): string | undefined {
  const last = lastEngine(before.environment);
  if (last?.engine === undefined) return undefined;
  const next = lastEngine(now.environment) ?? {};
  const same =
    last.engine === next.engine &&
    (!digitsFollowDetail || last.engineDetail === next.engineDetail) &&
    isDeepStrictEqual(optionsOf(before.config), optionsOf(now.config));
  if (same) return undefined;
  const described = ({ engine, engineDetail }: Partial<Environment>): string =>
    engineDetail === undefined ? `${engine}` : `${engine} (${engineDetail})`;
  return (
    `The run goes on with the engine ${described(next)}, and ran with ${described(last)} before: ` +
    'from here on its numbers agree with those of an unbroken run only within tolerance.'
  );
}

/** Without the threads: where results depend on their number, that is in the engine's detail. */
function optionsOf(engine: Config['engine']): unknown {
  if (typeof engine === 'string') return {};
  return Object.fromEntries(Object.entries(engine).filter(([key]) => key !== 'name' && key !== 'threads'));
}
