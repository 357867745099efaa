/** Ways to turn several losses into one update; they need no vision code and work on any tfjs model. */
export { createWeighter, type WeighterSetup } from './create-weighter.js';
export { minimize, type MinimizeArgs, type MinimizeResult } from './minimize.js';
export * from './parts.js';
export { weighters } from './weighters.js';
