export { evaluateRun, loadRunConfig, type EvaluateOptions, type EvaluationResult } from './evaluate-run.js';
export { RunFolder, type StoredConfig } from './folder.js';
export { checkEngines, openSession, openSplit, type EngineReport, type Session } from './session.js';
export { train, type RunResult, type TrainOptions } from './train.js';
