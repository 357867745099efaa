export { loadTorchWeights, type TorchFile } from './load.js';
export { loadTorchModel, torchModel, torchPart } from './model.js';
export { torchWeights } from './names.js';
