import * as parts from './parts.js';

const { adamtWeights, ...others } = parts;

/** All of them, by name. */
export const weighters = { ...others, adamt: adamtWeights };
