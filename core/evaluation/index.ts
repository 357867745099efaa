export { deltaM, hasGain, type MetricComparison } from './delta-m.js';
export {
  evaluate,
  modelPredictor,
  type EvaluationData,
  type MetricValues,
  type DecodedPredictions,
  type Predictor,
} from './evaluate.js';
export { trivialBaselines, type Baseline, type Baselines } from './trivial.js';
