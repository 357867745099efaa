import type { z } from 'zod';
import type { Json, NamedGradients, NamedState, TaskGradients } from '../../../core/index.js';
import {
  rulePart,
  type Combination,
  type RuleMethod,
  type RulePart,
  type StepInfo,
} from './gradient-method.js';

/** A method that treats the gradients' values one by one, or remembers them. */
export interface TensorRule {
  /**
   * The combined gradient over the scope, by name; null where this step only collects and changes nothing.
   * @param gradients g_t by name, one per task; a name is absent where a task has no gradient. They stay the caller's.
   * @returns new tensors, the caller's; or coefficients c_t of Σ c_t g_t
   */
  combine(
    gradients: readonly NamedGradients[],
    step: StepInfo,
  ): Promise<NamedGradients | readonly number[] | null>;
  /** How it weighs the tasks, for logs, where it does. */
  readonly weights?: readonly number[];
  /** What is remembered between steps: tensors by name, plain data. */
  readonly state: NamedState;
  /** @param state its tensors stay the caller's */
  restore(state: NamedState): void;
  dispose(): void;
}

export type TensorPart<Shape extends z.ZodRawShape = z.ZodRawShape> = RulePart<Shape, TensorRule>;

/** A weighter from a rule that needs the gradients themselves. */
export function tensorMethod<Shape extends z.ZodRawShape>(
  method: RuleMethod<Shape, TensorRule>,
): TensorPart<Shape> {
  return rulePart(method, (rule) => new TensorCombination(rule));
}

class TensorCombination implements Combination {
  private last: readonly number[] = [];

  constructor(private readonly rule: TensorRule) {}

  get coefficients(): readonly number[] {
    return this.rule.weights ?? this.last;
  }

  async combine(gradients: TaskGradients, step: StepInfo): Promise<NamedGradients | null> {
    const found = await this.rule.combine(await gradients.perTask(), step);
    if (!found) return null;
    if (isList(found)) {
      this.last = found;
      return gradients.combine(found);
    }
    const complete = gradients.complete(found);
    for (const tensor of Object.values(found)) tensor.dispose();
    return complete;
  }

  get state(): NamedState {
    const { tensors, values } = this.rule.state;
    return { tensors, values: { coefficients: this.last, rule: values } };
  }

  restore({ tensors, values: { coefficients, rule } }: NamedState): void {
    this.last = coefficients as readonly number[];
    this.rule.restore({ tensors, values: rule as Readonly<Record<string, Json>> });
  }

  dispose(): void {
    this.rule.dispose();
  }
}

function isList(found: NamedGradients | readonly number[]): found is readonly number[] {
  return Array.isArray(found);
}
