export { ttnet } from './ttnet.js';
