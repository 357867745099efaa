export { depth } from './depth.js';
export { segmentation } from './segmentation.js';
