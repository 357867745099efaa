export { outputKinds, type OutputKind } from './output.js';
export {
  predict,
  type PredictionIndex,
  type PredictOptions,
  type PredictReport,
  type SkippedImage,
} from './predict.js';
export type { ImageValue, RawFile, WrittenImage } from './write-result.js';
