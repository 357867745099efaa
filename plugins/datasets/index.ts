export { folders } from './folders/index.js';
export { mixed } from './mixed/index.js';
export { scenes } from './scenes/index.js';
