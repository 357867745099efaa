/** The engines that suites run on. */
import { createPart, type Engine } from '../core/index.js';
import { torch, wasm } from '../plugins/engines/index.js';

export type EngineName = 'wasm' | 'torch';

/** Each on one thread, beside whatever else runs on the machine. */
const engines: Readonly<Record<EngineName, Engine>> = {
  wasm: createPart(wasm, { threads: 1 }),
  torch: createPart(torch, { threads: 1 }),
};

/** The one that runs everywhere, and the one that has to be built first. */
const engineNames: readonly EngineName[] = ['wasm', 'torch'];

const checks = { wasm: await engines.wasm.check(), torch: await engines.torch.check() };

/** Makes it the active one. */
export function startOn(name: EngineName): Promise<void> {
  return engines[name].start();
}

/** A suite on an engine; where that is unusable, the title says why nothing of it runs. */
export function describeOn(name: EngineName, title: string, suite: (this: Mocha.Suite) => void): void {
  const check = checks[name];
  if (!check.usable) {
    describe.skip(`${title}, on ${name} (skipped: ${check.reason}; ${check.fix})`, suite);
    return;
  }
  describe(`${title}, on ${name}`, function () {
    before(() => startOn(name));
    suite.call(this);
  });
}

/** A suite that runs once on each engine. */
export function describeOnEach(title: string, suite: (this: Mocha.Suite, engine: EngineName) => void): void {
  for (const name of engineNames) {
    describeOn(name, title, function () {
      suite.call(this, name);
    });
  }
}
