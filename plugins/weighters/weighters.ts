import * as parts from './parts.js';

/** All of them, by name. */
export const weighters = { ...parts };
