export { configJsonSchema, configKeys, type JsonSchema } from './json-schema.js';
export { checkConfig, loadConfig, type LoadedConfig, type LoadOptions } from './load.js';
export { loadEngine, type EngineChoice } from './load-engine.js';
export { type Fragment } from './merge.js';
export { parseOverrides } from './overrides.js';
export { taskSpec, type Config } from './schema.js';
