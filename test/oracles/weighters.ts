/** The weighters' golden values, as weighters*.py makes them; README.md says what is what. */
import { readJson } from './values.js';

export type Rows = readonly (readonly number[])[];

/** Gradients and losses of three steps of T tasks, and what is drawn at random in them. */
export interface WeighterCase {
  /** T×n */
  readonly name: string;
  /** Per step, T rows of n numbers. */
  readonly gradients: readonly Rows[];
  /** Per step, L_t. */
  readonly losses: Rows;
  /** Per step and task, the other tasks in the order that PCGrad and GradVac take them. */
  readonly orders: readonly Rows[];
  /** n uniform draws, GradDrop's. */
  readonly uniform: readonly number[];
}

interface GoldenEntry {
  readonly method: string;
  readonly options: Readonly<Record<string, string | number>>;
  /** A form other than the paper's. */
  readonly variant?: string;
}

/** What a gradient method makes of a case, step by step. */
export interface GoldenUpdates extends GoldenEntry {
  /** The case's name. */
  readonly case: string;
  /** Where a step takes three of the case's matrices: which is which. */
  readonly roles?: { readonly left: number; readonly right: number; readonly update: number };
  readonly steps: readonly GoldenUpdate[];
}

export interface GoldenUpdate {
  /** The update, n numbers. */
  readonly d: readonly number[];
  /** Where d is Σ c_t g_t of the step's gradients. */
  readonly c?: readonly number[];
  /** The method's own weights, where they are not c. */
  readonly weights?: readonly number[];
}

/** Losses of all steps of T tasks, and what else the weightings look at. */
export interface LossSequence {
  readonly tasks: number;
  /** L_t, per step. */
  readonly before: Rows;
  /** L_t of the same batch once the step is done. */
  readonly after: Rows;
  /** ‖∇L_t‖ over the last shared layer. */
  readonly norms: Rows;
  /** Per step and task: draws of RLW, s of IMTL-L. */
  readonly normals: Rows;
  readonly epochMeans: Rows;
}

/** What a loss weighting makes of a sequence. */
export interface GoldenWeights extends GoldenEntry {
  /** T, which names the sequence. */
  readonly tasks: number;
  /** ω of every step. */
  readonly weights: Rows;
  /** gradnorm: ω after every step's change. */
  readonly next?: Rows;
  /** famo: ξ after every step's change. */
  readonly logits?: Rows;
  /** imtlL: ∂total/∂s. */
  readonly gradients?: Rows;
  /** stch, `log`. */
  readonly nadir?: readonly number[];
  /** gls, per step. */
  readonly total?: readonly number[];
}

interface GoldenLosses {
  readonly stepsPerEpoch: number;
  readonly sequences: readonly LossSequence[];
  readonly entries: readonly GoldenWeights[];
}

export function weighterCases(): readonly WeighterCase[] {
  return (readJson('weighters.json') as { cases: readonly WeighterCase[] }).cases;
}

/** Of the methods that the Gramian is enough for. */
export function gramianUpdates(): readonly GoldenUpdates[] {
  return ['weighters-gramian.json', 'weighters-cones.json'].flatMap(updatesOf);
}

/** Of the methods that need the gradients themselves. */
export function tensorUpdates(): readonly GoldenUpdates[] {
  return updatesOf('weighters-tensor.json');
}

export function lossWeights(): GoldenLosses {
  return readJson('weighters-losses.json') as GoldenLosses;
}

/** G Gᵀ */
export function gramianOf(gradients: Rows): number[][] {
  return gradients.map((a) =>
    gradients.map((b) => a.reduce((sum, value, index) => sum + value * b[index]!, 0)),
  );
}

/** Gᵀc = Σ c_t g_t */
export function combined(gradients: Rows, coefficients: readonly number[]): number[] {
  return gradients[0]!.map((_, index) =>
    gradients.reduce((sum, gradient, task) => sum + coefficients[task]! * gradient[index]!, 0),
  );
}

function updatesOf(file: string): readonly GoldenUpdates[] {
  return (readJson(file) as { entries: readonly GoldenUpdates[] }).entries;
}
