import type { z } from 'zod';
import {
  Random,
  type Json,
  type MultiTaskProblem,
  type NamedGradients,
  type NamedState,
  type PartDefinition,
  type Weighter,
  type WeighterContext,
} from '../../../core/index.js';

/** A loss weighting without parameters of its own: ω from numbers. */
export interface LossRule {
  /**
   * ω of this step, one per task. It may ask the problem for gradients, but leaves the update to others.
   * @param random a stream of its own for each step, so that a resumed run draws the same
   */
  weigh(problem: MultiTaskProblem, random: Random): readonly number[] | Promise<readonly number[]>;
  /** See `Weighter`. */
  afterStep?(losses: () => Promise<readonly number[]>): Promise<void>;
  endEpoch?(meanLosses: readonly number[]): void;
  /** What is remembered between steps, plain data; absent where nothing is. Assigned to when a run resumes. */
  state?: Json;
}

export interface LossWeighting<Options extends z.ZodType> {
  readonly description: string;
  readonly options: Options;
  rule(this: void, options: z.output<Options>, context: WeighterContext): LossRule;
}

/** A loss weighting's part, with its rule for those who have losses of their own. */
export type LossPart<Options extends z.ZodType = z.ZodType> = PartDefinition<Weighter, Options> &
  Pick<LossWeighting<Options>, 'rule'>;

/** A weighter from a rule that gives ω. */
export function lossWeighting<Options extends z.ZodType>({
  description,
  options,
  rule,
}: LossWeighting<Options>): LossPart<Options> {
  return {
    description,
    options,
    rule,
    create: (given) => new LossWeighter((context) => rule(given, context)),
  };
}

class LossWeighter implements Weighter {
  readonly parameters = {};
  private rule: LossRule | undefined;
  private step = 0;
  private seed = 0;
  private omegas: readonly number[] = [];

  constructor(private readonly make: (context: WeighterContext) => LossRule) {}

  setup(context: WeighterContext): void {
    this.rule = this.make(context);
    this.omegas = context.tasks.map(() => 1);
    this.seed = context.seed;
  }

  async update(problem: MultiTaskProblem): Promise<NamedGradients> {
    this.omegas = await this.made().weigh(problem, new Random(this.seed, 'weighter', this.step));
    this.step += 1;
    return problem.weighted(this.omegas);
  }

  weights(): readonly number[] {
    return this.omegas;
  }

  async afterStep(losses: () => Promise<readonly number[]>): Promise<void> {
    await this.made().afterStep?.(losses);
  }

  endEpoch(meanLosses: readonly number[]): void {
    this.made().endEpoch?.(meanLosses);
  }

  get state(): NamedState {
    const { state } = this.made();
    const values = { step: this.step, weights: this.omegas };
    return { tensors: {}, values: state === undefined ? values : { ...values, state } };
  }

  restore({ values: { step, weights, state } }: NamedState): void {
    this.step = step as number;
    this.omegas = weights as readonly number[];
    if (state !== undefined) this.made().state = state;
  }

  dispose(): void {}

  private made(): LossRule {
    if (!this.rule) throw new Error('setup() comes before the first step');
    return this.rule;
  }
}
