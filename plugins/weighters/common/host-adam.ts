import type { Json } from '../../../core/index.js';
import { filled } from './linear-algebra.js';

const [beta1, beta2] = [0.9, 0.999];
const eps = 1e-8;

export interface HostAdamOptions {
  readonly lr: number;
  /** λ of an L2 term: g ← g + λ x. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma & Ba 2015, https://arxiv.org/abs/1412.6980) on a few plain numbers, in double precision, as PyTorch's:
 *
 *     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²        β = 0.9, 0.999
 *     x ← x − lr · (m / (1 − β₁ᵏ)) / (√(v / (1 − β₂ᵏ)) + 1e-8)
 *
 * For weightings that train their ω with an optimizer of their own, beside the run's.
 */
export class HostAdam {
  private count = 0;
  private m: readonly number[];
  private v: readonly number[];

  constructor(
    size: number,
    private readonly options: HostAdamOptions,
  ) {
    this.m = filled(size, 0);
    this.v = this.m;
  }

  /** The values after one step. */
  step(values: readonly number[], gradients: readonly number[]): number[] {
    const { lr, weightDecay = 0 } = this.options;
    const total = gradients.map((gradient, index) => gradient + weightDecay * values[index]!);
    this.count += 1;
    this.m = this.m.map((m, index) => beta1 * m + (1 - beta1) * total[index]!);
    this.v = this.v.map((v, index) => beta2 * v + (1 - beta2) * total[index]! ** 2);
    const [rate, scale] = [lr / (1 - beta1 ** this.count), Math.sqrt(1 - beta2 ** this.count)];
    return values.map(
      (value, index) => value - (rate * this.m[index]!) / (Math.sqrt(this.v[index]!) / scale + eps),
    );
  }

  get state(): Json {
    return { count: this.count, m: this.m, v: this.v };
  }

  set state(saved: Json) {
    const { count, m, v } = saved as { count: number; m: number[]; v: number[] };
    [this.count, this.m, this.v] = [count, m, v];
  }
}
