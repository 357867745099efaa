export { wasm } from './wasm/index.js';
