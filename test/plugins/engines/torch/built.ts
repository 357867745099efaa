/** Runs libtorch in processes of their own: the tests' own process keeps the engine that it has. */
import { createPart } from '../../../../core/index.js';
import { torch } from '../../../../plugins/engines/torch/index.js';
import { plainEnvironment } from '../../../plain-environment.js';
import type { Apart } from '../on-engine.js';

const check = await createPart(torch).check();

/** A suite that needs the addon; without it, its title says why nothing of it runs. */
export function describeOnTorch(title: string, suite: (this: Mocha.Suite) => void): void {
  if (check.usable) describe(title, suite);
  else describe.skip(`${title} (skipped: ${check.reason}; ${check.fix})`, suite);
}

/** The engine on one thread, for `onEngine`: several are slower where other programs run. */
export const onTorch: Apart = { engine: { name: 'torch', threads: 1, device: 'cpu' }, env: plainEnvironment };
