export { torch } from './torch/index.js';
export { wasm } from './wasm/index.js';
export { tensorflow } from './tensorflow/index.js';
export { webgpu } from './webgpu/index.js';
