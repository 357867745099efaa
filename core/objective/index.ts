export {
  consistencyAt,
  taskLosses,
  type Consistency,
  type Cycled,
  type ObjectiveArgs,
  type TaskLoss,
  type Transferred,
} from './objective.js';
export { binaryCrossEntropyMap, crossEntropyMap, maskedMean, smoothedOneHot } from './pixelwise.js';
export { stopGradient, withoutGradient } from './stop-gradient.js';
export { unitVectors } from './unit-vectors.js';
