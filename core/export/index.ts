export {
  exportModel,
  exportFormats,
  type ExportedFile,
  type ExportedModel,
  type ExportModelOptions,
} from './export-model.js';
export type { ExportedTask, ExportMetadata } from './metadata.js';
export { loadTorchModel, loadTorchWeights, torchWeights, type TorchFile } from './torch/index.js';
