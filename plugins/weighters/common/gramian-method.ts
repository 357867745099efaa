import { z } from 'zod';
import type {
  Json,
  Matrix,
  NamedGradients,
  NamedState,
  PartDefinition,
  TaskGradients,
  Weighter,
} from '../../../core/index.js';
import {
  GradientMethod,
  gradientOptions,
  type Combination,
  type GradientOptions,
  type StepInfo,
} from './gradient-method.js';

/** The first half of a method that needs no more than the gradients' inner products: weights from the Gramian. */
export interface GramianRule {
  /**
   * c, one per task, of the update Σ c_t g_t; null where this step only collects and changes nothing.
   * @param gramian G_ij = ⟨g_i, g_j⟩, T×T, finite; zeros in the row and column of a task that has no gradient
   */
  weigh(gramian: Matrix, step: StepInfo): readonly number[] | null;
  /** What is remembered between steps, plain data; absent where nothing is. Assigned to when a run resumes. */
  state?: Json;
}

export interface GramianMethod<Shape extends z.ZodRawShape> {
  readonly description: string;
  /** Besides those that all gradient methods take. */
  readonly options: Shape;
  /** @param tasks how many there are */
  readonly rule: (options: z.output<z.ZodObject<Shape>>, tasks: number) => GramianRule;
}

/** A gradient method's part, with its first half for those who have a Gramian of their own. */
export type GramianPart<Shape extends z.ZodRawShape = z.ZodRawShape> = PartDefinition<
  Weighter,
  z.ZodObject<Shape & typeof gradientOptions>
> &
  Pick<GramianMethod<Shape>, 'rule'>;

/** A weighter from the rule of a Gramian method. */
export function gramianMethod<Shape extends z.ZodRawShape>({
  description,
  options,
  rule,
}: GramianMethod<Shape>): GramianPart<Shape> {
  return {
    description,
    options: z.strictObject({ ...gradientOptions, ...options }),
    rule,
    create: (given, deps) =>
      new GradientMethod(
        given as GradientOptions,
        deps,
        (tasks) => new GramianCombination(rule(given as z.output<z.ZodObject<Shape>>, tasks)),
      ),
  };
}

class GramianCombination implements Combination {
  coefficients: readonly number[] = [];

  constructor(private readonly rule: GramianRule) {}

  async combine(gradients: TaskGradients, step: StepInfo): Promise<NamedGradients> {
    const coefficients = this.rule.weigh(await gradients.gramian(), step);
    if (!coefficients) return {};
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
