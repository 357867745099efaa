import { adam } from './adam.js';
import { adamw } from './adamw.js';
import { sgd } from './sgd.js';

/** The built-in optimizers, by the name that a config uses. */
export const optimizers = { adam, adamw, sgd };
