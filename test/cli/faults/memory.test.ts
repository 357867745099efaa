import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describeOn } from '../../engines.js';
import { mtl, workFolder, writeConfig } from '../mtl.js';
import { errorOf, small } from './faults.js';

const large = {
  ...small,
  dataset: { ...small.dataset, size: [128, 256], train: 16 },
  loader: { workers: 0 },
  train: { ...small.train, batchSize: 16 },
};

describeOn('wasm', 'mtl train and memory that is used up', function () {
  this.timeout(120_000);
  const work = workFolder();

  for (const threads of [1, 2]) {
    it(`names the batch size to try: ${threads} threads`, async () => {
      writeConfig(work.path, { ...large, engine: { name: 'wasm', threads } });
      // 128 MiB: the heap's growth fails.
      const ended = await mtl(['train', '--run', 'run', '--json'], work.path, {}, [
        '--wasm-max-mem-pages=2048',
      ]);
      expect(ended.code).to.equal(1);
      const { code, message } = errorOf(ended);
      expect(code).to.equal('ENGINE_OUT_OF_MEMORY');
      expect(message).to.match(
        /^engine wasm: \d+ MiB more than the \d+ MiB that it has cannot be had; try half the batch: --set train\.batchSize=8 \(now 16\)$/,
      );
      expect(existsSync(join(work.path, 'run'))).to.equal(false);
    });
  }
});
