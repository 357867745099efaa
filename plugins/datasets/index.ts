export { folders } from './folders/index.js';
export { scenes } from './scenes/index.js';
