export { classification } from './classification.js';
export { depth } from './depth.js';
export { edges } from './edges.js';
export { normals } from './normals.js';
export { reconstruction } from './reconstruction.js';
export { regression } from './regression.js';
export { segmentation } from './segmentation.js';
