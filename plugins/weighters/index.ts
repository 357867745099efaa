/** Ways to turn several losses into one update; they need no vision code and work on any tfjs model. */
export { equal } from './equal.js';
export { uncertainty } from './uncertainty.js';
