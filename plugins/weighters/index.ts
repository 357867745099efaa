/** Ways to turn several losses into one update; they need no vision code and work on any tfjs model. */
export { equal } from './losses/equal.js';
export { uncertainty } from './losses/uncertainty.js';
export { sum } from './gradients/sum.js';
