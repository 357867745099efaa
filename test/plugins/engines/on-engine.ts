/** Runs tests' computations on an engine in a process of its own: a process keeps the engine that it started. */
import { fileURLToPath } from 'node:url';
import { printedBy } from '../../run-program.js';

export interface Apart {
  /** As in a config. */
  readonly engine: { readonly name: string; readonly [option: string]: unknown };
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Flags of Node and V8. */
  readonly flags?: readonly string[];
}

const program = fileURLToPath(new URL('./on-engine-program.js', import.meta.url));

/**
 * What an exported function of a module gives on an engine; numbers that JSON lacks come as null. The process has to
 * end by itself.
 * @param module relative to this one
 */
export async function onEngine<T>(
  { engine, env, cwd, flags = [] }: Apart,
  module: string,
  name: string,
): Promise<T> {
  const url = new URL(module, import.meta.url).href;
  const args = [...flags, program, JSON.stringify(engine), url, name];
  return printedBy<T>(`${name} on ${engine.name}`, args, env, cwd);
}
