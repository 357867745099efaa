import { z } from 'zod';
import { badValue, tokens, type Deps, type LabelInfo, type Raster } from '../../core/index.js';

/** The option `label` of a task with one prediction per image: such labels go by names of their own. */
export const imageLabel = z
  .string()
  .optional()
  .describe('Which labels of the data set to learn; by default those of the task’s name.');

/**
 * What the data set says about the labels that a task learns from.
 * @throws MtlError `CONFIG_INVALID` where the data set has no such labels, or labels of another kind.
 */
export function labelInfo<K extends LabelInfo['kind']>(
  deps: Deps,
  label: string,
  kind: K,
): LabelInfo & { kind: K } {
  const { labels } = deps.get(tokens.data);
  const info = labels[label];
  if (info?.kind === kind) return info as LabelInfo & { kind: K };
  const offered = Object.entries(labels).map(([name, found]) => `${name} (${found.kind})`);
  throw badValue('CONFIG_INVALID', {
    what: `tasks.${deps.get(tokens.taskName)}.label`,
    expected: `the name of ${kind} labels in the data set, which has ${offered.join(', ') || 'none'}`,
    found: info ? `"${label}", whose labels are ${info.kind}` : `"${label}"`,
  });
}

/** 1 where a value is a label. */
export function maskOf(values: Raster['data'], isLabel: (value: number) => boolean): Uint8Array {
  const mask = new Uint8Array(values.length);
  for (let place = 0; place < values.length; place++) mask[place] = isLabel(values[place]!) ? 1 : 0;
  return mask;
}
