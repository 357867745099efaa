export { Auxiliaries, type NamedAuxiliary } from './auxiliaries.js';
export {
  readCheckpoint,
  restoreCheckpoint,
  saveCheckpoint,
  type Checkpoint,
  type SavedPart,
} from './checkpoint.js';
export { clipByGlobalNorm, globalNorm, type ClippedGradients } from './clip.js';
export type { EventListener, LossValues, TrainingEvent } from './events.js';
export { diagnosticsOf, type GradientDiagnostics } from './diagnostics.js';
export {
  differentiate,
  type Differentiated,
  type DifferentiateArgs,
  type LossTerms,
} from './differentiate.js';
export type { Fork } from './fork.js';
export { innerProduct, innerProducts } from './inner-product.js';
export { combineGradients } from './named.js';
export { gramianOf } from './pairwise.js';
export { TapeProblem, type ProblemArgs } from './problem.js';
export type { Progress } from './progress.js';
export { readScalars } from './read-scalars.js';
export { learningRateFactor, scheduleSchema, type Schedule, type TrainingPosition } from './schedule.js';
export type { Save } from './saving/saves.js';
export { CheckpointWriter, type Saving } from './saving/writer.js';
export type { Places } from './saving/messages.js';
export { fitsName } from './scope.js';
export { Stepper, type StepOptions, type StepperArgs, type StepResult, type StepTimes } from './stepper.js';
export { Tape } from './tape.js';
export { Trainer, type Outcome, type TrainerArgs } from './trainer.js';
export type { Trouble } from './trouble.js';
export type { Seed, Visitor } from './walk.js';
