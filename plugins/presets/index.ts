export { paperPresets } from './paper.js';
