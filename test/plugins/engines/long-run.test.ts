import { expect } from 'chai';
import { describeOn } from '../../engines.js';
import { plainEnvironment } from '../../plain-environment.js';
import type { LongRun } from './long-run.js';
import { onEngine } from './on-engine.js';
import { levelMemory } from './torch/programs.js';

for (const name of ['wasm', 'torch'] as const) {
  describeOn(name, 'ten thousand steps', function () {
    this.timeout(180_000);

    it('leave tensors and memory level', async () => {
      const apart = { engine: { name, threads: 1 }, env: plainEnvironment, flags: levelMemory };
      const { tensors, resident } = await onEngine<LongRun>(apart, './long-run.js', 'tenThousandSteps');
      expect(tensors).to.have.length(10);
      expect(new Set(tensors).size, tensors.join()).to.equal(1);
      const median = resident.toSorted((one, other) => one - other)[resident.length >> 1]!;
      // 2 % are some 5 MiB: half a KiB that each step left would be seen.
      const said = resident.map((value) => value.toFixed(1)).join();
      for (const value of resident) expect(value / median, said).to.be.within(0.98, 1.02);
    });
  });
}
