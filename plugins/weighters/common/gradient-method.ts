import { z } from 'zod';
import {
  partSpec,
  Random,
  tokens,
  type Deps,
  type GradientScope,
  type MultiTaskProblem,
  type NamedGradients,
  type NamedState,
  type PartDefinition,
  type PartSpec,
  type TaskGradients,
  type Weighter,
  type WeighterContext,
} from '../../../core/index.js';
import { filled } from './linear-algebra.js';
import { weighLosses } from './weigh-losses.js';

/** What every gradient method takes, but for those that bring a loss weighting of their own. */
export const gradientOptions = {
  gradients: z
    .union([z.enum(['shared', 'representation', 'all']), z.array(z.string()).min(1)])
    .default('shared')
    .describe(
      'What is looked at and combined: the parameters that several tasks share, the features between them and the ' +
        'heads, all parameters, or those of a list of names (* at the end: any rest).',
    ),
  losses: partSpec('weighter')
    .nullable()
    .default(null)
    .describe('A loss weighting that goes before, e.g. uncertainty: its ω scale the gradients.'),
};

export type GradientShape = Partial<typeof gradientOptions> & Pick<typeof gradientOptions, 'gradients'>;

/** A method's options with those of every gradient method. @param own whether it brings a loss weighting */
export function optionsWith<Shape extends z.ZodRawShape>(
  shape: Shape,
  own: boolean,
): z.ZodObject<Shape & GradientShape> {
  const { gradients, losses } = gradientOptions;
  return z.strictObject({ gradients, ...(own ? {} : { losses }), ...shape });
}

export interface GradientOptions {
  readonly gradients: GradientScope;
  readonly losses?: PartSpec | null;
}

/** What a method knows of the step, besides the gradients. */
export interface StepInfo {
  /** From 0. */
  readonly step: number;
  /** L_t; where a loss weighting goes before, ω_t L_t. */
  readonly losses: readonly number[];
  /** A stream of its own for each step, so that a resumed run draws the same. */
  readonly random: Random;
}

/** The second half of a method: makes one update of the tasks' gradients. */
export interface Combination {
  /**
   * @param gradients those of ω_t L_t
   * @returns the model's gradients; null where this step only collects and changes nothing
   */
  combine(gradients: TaskGradients, step: StepInfo): Promise<NamedGradients | null>;
  /** c_t of the last step, for logs. */
  readonly coefficients: readonly number[];
  readonly state: NamedState;
  restore(state: NamedState): void;
  dispose(): void;
}

export interface GradientMethodArgs {
  readonly options: GradientOptions;
  readonly deps: Deps;
  /** The loss weighting that is part of the method; absent where the options name one. */
  readonly before?: ((deps: Deps) => Weighter) | undefined;
  /** Made once the number of tasks is known. */
  readonly combination: (tasks: number) => Combination;
}

/** Where a loss weighting's state stands beside the method's own. */
const inner = 'losses.';

/** A weighter that combines the tasks' gradients, after a loss weighting if one is named. */
export class GradientMethod implements Weighter {
  private readonly losses: Weighter | undefined;
  private combination: Combination | undefined;
  private seed = 0;
  private step = 0;
  private tasks = 0;

  constructor(private readonly args: GradientMethodArgs) {
    const { before, options, deps } = args;
    const { losses = null } = options;
    if (before) this.losses = before(deps);
    else if (losses !== null)
      this.losses = deps.get(tokens.registry).create('weighter', losses, deps, 'weighter.losses');
  }

  setup(context: WeighterContext): void {
    this.losses?.setup(context);
    this.tasks = context.tasks.length;
    this.seed = context.seed;
    this.combination = this.args.combination(this.tasks);
  }

  get parameters(): Weighter['parameters'] {
    return this.losses?.parameters ?? {};
  }

  async update(problem: MultiTaskProblem): Promise<NamedGradients> {
    const { problem: weighed, own } = await weighLosses(this.losses, problem);
    const step = {
      step: this.step,
      losses: weighed.losses,
      random: new Random(this.seed, 'weighter', this.step),
    };
    this.step += 1;
    const gradients = weighed.perTask(this.args.options.gradients);
    const combined = await this.made().combine(gradients, step);
    if (combined) return { ...combined, ...own };
    for (const gradient of Object.values(own)) gradient.dispose();
    return {};
  }

  weights(): readonly number[] {
    const { coefficients } = this.made();
    return coefficients.length > 0 ? coefficients : filled(this.tasks, 1);
  }

  async afterStep(losses: () => Promise<readonly number[]>): Promise<void> {
    await this.losses?.afterStep?.(losses);
  }

  endEpoch(meanLosses: readonly number[]): void {
    this.losses?.endEpoch?.(meanLosses);
  }

  get state(): NamedState {
    const [own, other] = [this.made().state, this.losses?.state];
    return {
      tensors: { ...own.tensors, ...prefixed(other?.tensors ?? {}) },
      values: { ...own.values, step: this.step, ...prefixed(other?.values ?? {}) },
    };
  }

  restore({ tensors, values }: NamedState): void {
    const { step, ...own } = withPrefix(values, false);
    this.made().restore({ tensors: withPrefix(tensors, false), values: own });
    this.losses?.restore({ tensors: withPrefix(tensors, true), values: withPrefix(values, true) });
    this.step = step as number;
  }

  dispose(): void {
    this.combination?.dispose();
    this.losses?.dispose();
  }

  private made(): Combination {
    if (!this.combination) throw new Error('setup() comes before the first step');
    return this.combination;
  }
}

function prefixed<T>(entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [inner + name, value]));
}

/** The entries whose names have the prefix, without it; or those that have not. */
function withPrefix<T>(entries: Readonly<Record<string, T>>, has: boolean): Record<string, T> {
  return Object.fromEntries(
    Object.entries(entries)
      .filter(([name]) => name.startsWith(inner) === has)
      .map(([name, value]) => [has ? name.slice(inner.length) : name, value]),
  );
}

/** A method as its file gives it: a rule, and what it takes. */
export interface RuleMethod<Shape extends z.ZodRawShape, Rule> {
  readonly description: string;
  /** Besides those that all gradient methods take, or instead of them. */
  readonly options: Shape;
  /** A loss weighting that is part of the method. */
  readonly before?: (deps: Deps) => Weighter;
  /** @param tasks how many there are */
  rule(this: void, options: z.output<z.ZodObject<Shape>>, tasks: number): Rule;
}

/** A gradient method's part, with its rule for those who have gradients, or a Gramian, of their own. */
export type RulePart<Shape extends z.ZodRawShape, Rule> = PartDefinition<
  Weighter,
  z.ZodObject<Shape & GradientShape>
> &
  Pick<RuleMethod<Shape, Rule>, 'rule'>;

/** @param combination of a rule */
export function rulePart<Shape extends z.ZodRawShape, Rule>(
  method: RuleMethod<Shape, Rule>,
  combination: (rule: Rule) => Combination,
): RulePart<Shape, Rule> {
  const { description, options, rule, before } = method;
  return {
    description,
    options: optionsWith(options, before !== undefined),
    rule,
    create: (given, deps) =>
      new GradientMethod({
        options: given as GradientOptions,
        deps,
        before,
        combination: (tasks) => combination(rule(given as z.output<z.ZodObject<Shape>>, tasks)),
      }),
  };
}
