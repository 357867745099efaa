import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/index.js';
import { lastEngine, type Environment } from './environment.js';

/** The engine of a part of a run. */
export interface EngineUse {
  /** As the config says. */
  readonly config: Config['engine'];
  readonly environment: Partial<Environment> | undefined;
}

/** What to say of a run that goes on with another engine, or with other options of it; undefined where it does not. */
export function engineNote(
  before: EngineUse,
  now: Environment & { readonly config: Config['engine'] },
): string | undefined {
  const last = lastEngine(before.environment);
  if (last?.engine === undefined) return undefined;
  const same =
    last.engine === now.engine && isDeepStrictEqual(optionsOf(before.config), optionsOf(now.config));
  if (same) return undefined;
  const described = ({ engine, engineDetail }: Partial<Environment>): string =>
    engineDetail === undefined ? `${engine}` : `${engine} (${engineDetail})`;
  return (
    `The run goes on with the engine ${described(now)}, and ran with ${described(last)} before: ` +
    'from here on its numbers agree with those of an unbroken run only within tolerance.'
  );
}

/** Without the threads, of whose number results do not depend. */
function optionsOf(engine: Config['engine']): unknown {
  if (typeof engine === 'string') return {};
  return Object.fromEntries(Object.entries(engine).filter(([key]) => key !== 'name' && key !== 'threads'));
}
