export { shared } from './shared.js';
export { single } from './single.js';
