/** Random gradients for the laws: plain numbers, no tensors. */
import fc from 'fast-check';
import { Random, type Matrix } from '../../../../core/index.js';
import { dot } from '../../../../plugins/weighters/common/linear-algebra.js';
import type { GramianPart, GramianRule } from '../../../../plugins/weighters/common/gramian-method.js';

/** g_t by rows, T×n. */
export type Gradients = readonly (readonly number[])[];

export function gramianOf(gradients: Gradients): Matrix {
  return gradients.map((left) => gradients.map((right) => dot(left, right)));
}

/** Σ c_t g_t. */
export function combine(gradients: Gradients, coefficients: readonly number[]): number[] {
  return gradients[0]!.map((_, index) =>
    dot(
      coefficients,
      gradients.map((row) => row[index]!),
    ),
  );
}

export function norm(vector: readonly number[]): number {
  return Math.hypot(...vector);
}

/** The longest gradient. */
export function longest(gradients: Gradients): number {
  return Math.max(...gradients.map(norm));
}

export function difference(left: readonly number[], right: readonly number[]): number {
  return norm(left.map((value, index) => value - right[index]!));
}

export function normals(random: Random, length: number): number[] {
  return Array.from({ length }, () => random.normal());
}

interface Kinds {
  readonly tasks?: { min: number; max: number };
  readonly length?: { min: number; max: number };
  /** Rows of zeros, duplicates and opposed rows among them. */
  readonly degenerate?: boolean;
  /** Norms from 1e-6 to 1e6. */
  readonly scaled?: boolean;
}

/** Gradients of normal numbers, shrinking to few tasks and dimensions. */
export function gradients({
  tasks = { min: 1, max: 8 },
  length = { min: 1, max: 50 },
  degenerate = false,
  scaled = false,
}: Kinds = {}): fc.Arbitrary<Gradients> {
  const shape = fc.tuple(fc.integer(tasks), fc.integer(length), fc.nat());
  return shape.chain(([rows, columns, seed]) => {
    const random = new Random(seed, 'laws', rows, columns);
    const plain = Array.from({ length: rows }, () => normals(random, columns));
    const kind = degenerate ? fc.nat({ max: 5 }) : fc.constant(0);
    const exponent = scaled ? fc.integer({ min: -6, max: 6 }) : fc.constant(0);
    return fc
      .tuple(
        fc.array(kind, { minLength: rows, maxLength: rows }),
        fc.array(exponent, { minLength: rows, maxLength: rows }),
      )
      .map(([kinds, exponents]) =>
        plain.map((row, task) => {
          // Of its predecessor: a copy, its opposite, twice it. Powers of two keep them exact.
          const factor = [undefined, undefined, 1, -1, 2, 0][kinds[task]!];
          const source = factor === undefined || task === 0 ? row : plain[task - 1]!;
          return source.map((value) => value * (factor ?? 1) * 10 ** exponents[task]!);
        }),
      );
  });
}

/** Gradients that don't depend on each other, with angles well away from zero. */
export function independent(scaled = false, tasks = 8): fc.Arbitrary<Gradients> {
  return gradients({ tasks: { min: 1, max: tasks }, length: { min: 3 * tasks, max: 50 }, scaled });
}

/** A part's rule with its options, the missing ones at their defaults. */
export function ruleOf(part: GramianPart, tasks: number, options: object = {}): GramianRule {
  return part.rule(part.options.parse(options), tasks);
}

interface Step {
  readonly options?: object;
  readonly losses?: readonly number[];
  readonly step?: number;
  readonly seed?: number;
}

/** The coefficients of one step. */
export function weigh(
  part: GramianPart,
  gramian: Matrix,
  { options = {}, losses = gramian.map(() => 1), step = 0, seed = 0 }: Step = {},
): readonly number[] {
  const random = new Random(seed, 'weighter', step);
  return ruleOf(part, gramian.length, options).weigh(gramian, { step, losses, random })!;
}

/** Up to 40 gradients that all have a common descent direction, of any rank. */
export const agreeing: fc.Arbitrary<Gradients> = fc
  .tuple(
    fc.integer({ min: 1, max: 40 }),
    fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 })),
    fc.nat(),
  )
  .map(([tasks, length, seed]) => {
    const random = new Random(seed, 'agreeing');
    return Array.from({ length: tasks }, () => {
      const [first, ...rest] = normals(random, length);
      return [1 + Math.abs(first!), ...rest];
    });
  });

/** The combined gradient of one step. */
export function direction(part: GramianPart, rows: Gradients, options: object = {}): number[] {
  return combine(rows, weigh(part, gramianOf(rows), { options }));
}
