import { badValue, type MultiTaskProblem } from '../../../core/index.js';

export interface LossRequirement {
  /** The method's name in a config. */
  readonly method: string;
  /** Whether a loss of exactly 0 will do. */
  readonly zero: boolean;
}

/**
 * For methods that take the logarithm of a loss or divide by it.
 * @throws MtlError `CONFIG_INVALID` naming the first task whose loss is negative, or 0 where that will not do
 */
export function requireLosses(
  { tasks, losses }: Pick<MultiTaskProblem, 'tasks' | 'losses'>,
  { method, zero }: LossRequirement,
): void {
  const bad = losses.findIndex((loss) => (zero ? loss < 0 : loss <= 0));
  if (bad < 0) return;
  throw badValue('CONFIG_INVALID', {
    what: `the loss of "${tasks[bad]!}"`,
    expected: `${zero ? '0 or more' : 'more than 0'}, as ${method} needs it`,
    found: String(losses[bad]),
    fix:
      losses[bad] === 0 ? 'use another weighter: some batches have no loss' : 'use another loss or weighter',
  });
}
