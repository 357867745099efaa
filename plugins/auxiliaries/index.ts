export { kd4mtl } from './kd4mtl.js';
