/** A program: starts an engine, runs a module's function with the engine's spec and prints what it gives. */
import { Registry, RunContainer, type PartSpec } from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';

const [, , spec = '', module = '', name = ''] = process.argv;
const engine = JSON.parse(spec) as PartSpec;
await new Registry([builtin]).create('engine', engine, new RunContainer()).start();
const functions = (await import(module)) as Record<string, (engine: PartSpec) => Promise<unknown>>;
console.log(`\n${JSON.stringify(await functions[name]?.(engine))}`);
