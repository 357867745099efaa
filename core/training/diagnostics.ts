import type { Matrix } from '../contracts/index.js';

/** How the tasks' gradients stand to each other at one step, over the parameters that they share. */
export interface GradientDiagnostics {
  /** ‖g_t‖ by task */
  readonly norms: Readonly<Record<string, number>>;
  /** cos(g_i, g_j) by task and task; 0 where one of them is zero. */
  readonly cosines: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The pairs whose gradients point against each other: cos < 0. */
  readonly conflicts: readonly (readonly [string, string])[];
}

/**
 * Norms, cosines and conflicts of the tasks' gradients.
 * @param gramian ⟨g_i, g_j⟩, in the order of the tasks
 */
export function diagnosticsOf(tasks: readonly string[], gramian: Matrix): GradientDiagnostics {
  const norms = gramian.map((row, index) => Math.sqrt(Math.max(0, row[index]!)));
  const cosines = gramian.map((row, i) =>
    row.map((product, j) => {
      const scale = norms[i]! * norms[j]!;
      return scale === 0 ? 0 : Math.max(-1, Math.min(1, product / scale));
    }),
  );
  const byTask = <T>(values: readonly T[]): Record<string, T> =>
    Object.fromEntries(tasks.map((task, index) => [task, values[index]!]));
  return {
    norms: byTask(norms),
    cosines: byTask(cosines.map(byTask)),
    conflicts: pairsOf([...tasks.keys()])
      .filter(([i, j]) => cosines[i]![j]! < 0)
      .map(([i, j]) => [tasks[i]!, tasks[j]!] as const),
  };
}

/** Each pair of a list's items once, in its order. */
export function pairsOf<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.flatMap((one, index) => items.slice(index + 1).map((other) => [one, other] as const));
}
