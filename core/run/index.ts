export { buildEngine, checkEngines, type EngineReport } from './engines.js';
export { evaluateRun, loadRunConfig, type EvaluateOptions, type EvaluationResult } from './evaluate-run.js';
export { exportData, type ExportOptions } from './export-data.js';
export { inspectData, type InspectOptions } from './inspect-data.js';
export { RunFolder, type StoredConfig } from './folder.js';
export { DataLoading, openData, type Data } from './data.js';
export { openSession, type Session } from './session.js';
export { tryEngine, type EngineTrial, type TriedKernels } from './try-engine.js';
export { train, type RunResult, type TrainOptions } from './train.js';
