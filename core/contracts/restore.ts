import type * as tf from '@tensorflow/tfjs';
import { MtlError } from '../errors.js';

/**
 * Gives variables the values saved under their names.
 * @param what named in the message, e.g. `model`
 * @throws MtlError `CHECKPOINT_INVALID` listing every missing, unknown or misshapen name; nothing is changed then.
 */
export function restoreVariables(
  variables: Readonly<Record<string, tf.Variable>>,
  saved: Readonly<Record<string, tf.Tensor>>,
  what: string,
): void {
  const problems = Object.entries(variables).flatMap(([name, { shape }]) => {
    const tensor = saved[name];
    if (!tensor) return [`${name}: missing`];
    if (tensor.shape.join() === shape.join()) return [];
    return [`${name}: expected shape [${shape.join()}], found [${tensor.shape.join()}]`];
  });
  problems.push(
    ...Object.keys(saved).flatMap((name) => (name in variables ? [] : [`${name}: not in this ${what}`])),
  );
  if (problems.length > 0) {
    const shown = problems.slice(0, 10).map((problem) => `  ${problem}`);
    if (problems.length > shown.length) shown.push(`  … and ${problems.length - shown.length} more`);
    throw new MtlError(
      'CHECKPOINT_INVALID',
      `The saved ${what} does not fit the one in the config (${problems.length} differences):\n${shown.join('\n')}`,
    );
  }
  for (const [name, variable] of Object.entries(variables)) variable.assign(saved[name]!);
}
