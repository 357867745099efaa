export { withPng } from './with-png.js';
