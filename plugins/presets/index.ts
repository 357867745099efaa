export { paperPresets } from './paper.js';
export { peerPresets } from './peers.js';
