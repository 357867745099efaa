import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { train, type TrainingEvent } from '../../../../core/index.js';
import { load, tiny } from '../../../core/run/tiny.js';
import { flatPass, type NetworkPass } from '../network.js';
import { onEngine } from '../on-engine.js';
import { runProgram } from '../../../run-program.js';
import { expectSamePass } from '../same.js';
import { describeOnSwiftShader, onSwiftShader, swiftShaderEnvironment } from './swiftshader.js';

const bin = fileURLToPath(new URL('../../../../cli/bin.js', import.meta.url));

describeOnSwiftShader('a network on the webgpu engine', function () {
  this.timeout(300_000);

  it('has the wasm engine’s losses and gradients, and leaves no tensor behind', async () => {
    const found = await onEngine<NetworkPass>(onSwiftShader, './network.js', 'flatPass');
    expectSamePass(found, await flatPass({ name: 'wasm', threads: 1 }));
  });

  it('trains from the command line as on the wasm engine', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'webgpu-'));
    try {
      const config = { ...tiny, engine: onSwiftShader.engine };
      writeFileSync(join(folder, 'mtl.config.json'), JSON.stringify(config));
      const command = [bin, 'train', '--run', 'run', '--set', 'train.epochs=1'];
      const ended = await runProgram(command, swiftShaderEnvironment, folder);
      expect(ended.code, ended.stderr).to.equal(0);
      await train(await load('train.epochs=1'), { folder: join(folder, 'wasm') });
      const [found, wanted] = [losses(join(folder, 'run')), losses(join(folder, 'wasm'))];
      expect(wanted).to.have.length(4);
      found.forEach((loss, index) => expect(loss / (wanted[index] ?? NaN)).to.be.closeTo(1, 1e-3));
      expect(found).to.have.length(wanted.length);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Every step's losses of a run. */
function losses(run: string): number[] {
  return readFileSync(join(run, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TrainingEvent)
    .flatMap((event) => (event.type === 'step' ? Object.values(event.losses).map(({ total }) => total) : []));
}
