export { decodePng, type PngPixels } from './decode-png.js';
