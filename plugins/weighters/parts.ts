/** The built-in weighters, by the name that a config uses. */
export { equal } from './losses/equal.js';
export { uncertainty } from './losses/uncertainty.js';
export { sum } from './gradients/sum.js';
