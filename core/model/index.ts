export { assembleModel, resolveEdges, type EdgeSpec, type ModelArgs } from './assemble.js';
export { Model, type ForwardOptions, type Predictions } from './model.js';
export { requireMultiples } from './require-multiples.js';
export { summarize, type LayerSummary, type ModelSummary, type PartSummary } from './summary.js';
export { resolutions, type Resolution, type TransferEdge } from './transfer-edge.js';
