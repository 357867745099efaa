import type { z } from 'zod';
import type { Json, Matrix, NamedGradients, NamedState, TaskGradients } from '../../../core/index.js';
import {
  rulePart,
  type Combination,
  type RuleMethod,
  type RulePart,
  type StepInfo,
} from './gradient-method.js';

/** The first half of a method that needs no more than the gradients' inner products: weights from the Gramian. */
export interface GramianRule {
  /**
   * c, one per task, of the update Σ c_t g_t; null where this step only collects and changes nothing.
   * @param gramian G_ij = ⟨g_i, g_j⟩, T×T, finite; zeros in the row and column of a task that has no gradient
   */
  weigh(gramian: Matrix, step: StepInfo): readonly number[] | null;
  /** The weights do not depend on the gradients: none are computed for them, and the Gramian is all zeros. */
  readonly blind?: boolean;
  /** What is remembered between steps, plain data; absent where nothing is. Assigned to when a run resumes. */
  state?: Json;
}

export type GramianPart<Shape extends z.ZodRawShape = z.ZodRawShape> = RulePart<Shape, GramianRule>;

/** A weighter from the rule of a Gramian method. */
export function gramianMethod<Shape extends z.ZodRawShape>(
  method: RuleMethod<Shape, GramianRule>,
): GramianPart<Shape> {
  return rulePart(method, (rule) => new GramianCombination(rule));
}

class GramianCombination implements Combination {
  coefficients: readonly number[] = [];

  constructor(private readonly rule: GramianRule) {}

  async combine(gradients: TaskGradients, step: StepInfo): Promise<NamedGradients | null> {
    const { losses } = step;
    const gramian = this.rule.blind ? losses.map(() => losses.map(() => 0)) : await gradients.gramian();
    const coefficients = this.rule.weigh(gramian, step);
    if (!coefficients) return null;
    this.coefficients = coefficients;
    return gradients.combine(coefficients);
  }

  get state(): NamedState {
    const { state } = this.rule;
    return {
      tensors: {},
      values: { coefficients: this.coefficients, ...(state === undefined ? {} : { state }) },
    };
  }

  restore({ values: { coefficients, state } }: NamedState): void {
    this.coefficients = coefficients as readonly number[];
    if (state !== undefined) this.rule.state = state;
  }

  dispose(): void {}
}
