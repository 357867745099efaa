export { adamt } from './adamt.js';
export { crossStitch } from './cross-stitch.js';
export { dense } from './dense.js';
export { mtan } from './mtan.js';
export { shared } from './shared.js';
export { single } from './single.js';
export { split } from './split.js';
export { stan } from './stan.js';
