export { decodePng } from './decode-png.js';
