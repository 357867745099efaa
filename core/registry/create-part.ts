import type { z } from 'zod';
import { MtlError } from '../errors.js';
import { RunContainer, type Deps } from './deps.js';
import { strict } from './part-schema.js';
import type { PartDefinition } from './plugin.js';
import { describeIssues } from './zod-issues.js';

/**
 * Makes a part in a program, without a config: `createPart(uncertainty, { form: 'kendall' })`.
 * @param deps what the part may ask for; most weighters, losses, optimizers and metrics ask for nothing
 * @throws MtlError `CONFIG_INVALID` with all that is wrong with the options
 */
export function createPart<T, Options extends z.ZodType>(
  part: PartDefinition<T, Options>,
  options?: z.input<Options>,
  deps: Deps = new RunContainer(),
): T {
  const given: unknown = options ?? {};
  const parsed = strict(part.options).safeParse(given);
  if (!parsed.success) {
    throw new MtlError('CONFIG_INVALID', describeIssues(parsed.error, given, '', part.options).join('\n'));
  }
  return part.create(parsed.data as z.output<Options>, deps);
}
