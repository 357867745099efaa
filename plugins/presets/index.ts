export { paperComparisons } from './comparisons.js';
export { paperPresets } from './paper.js';
export { peerPresets } from './peers.js';
