import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { wasm } from '../../../../plugins/engines/wasm/index.js';
import { startWasm } from './reference.js';

const plugin = new URL('../../../../plugins/engines/wasm/index.js', import.meta.url).href;

/** Runs a program of its own, in another folder, and gives what it printed. */
async function runApart(body: string): Promise<{ stdout: string; stderr: string }> {
  const program = `
    const { wasm } = await import(${JSON.stringify(plugin)});
    const engine = wasm.create({}, {});
    ${body}`;
  const options = { cwd: tmpdir() };
  return promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], options);
}

describe('the wasm engine', () => {
  it('says what it is, and takes no options', async () => {
    expect(await wasm.create({}, { get: () => expect.fail(), has: () => false }).check()).to.deep.equal({
      usable: true,
      detail: `TensorFlow.js ${tf.version.tfjs}, WebAssembly SIMD, 1 thread`,
    });
    expect(wasm.options.safeParse({ threads: 2 }).success).to.equal(false);
  });

  it('becomes the active backend, a second time too, without replacing its kernels', async () => {
    await startWasm();
    const kernel = tf.getKernel('Conv2DBackpropFilter', 'wasm');
    await startWasm();
    expect(tf.getBackend()).to.equal('wasm');
    expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).to.equal(kernel);
  });

  it('starts in any folder, prints nothing and leaves the process’s error handlers alone', async () => {
    const { stdout, stderr } = await runApart(`
      await engine.start();
      console.log(process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection'));`);
    expect([stdout.trim(), stderr]).to.deep.equal(['0', '']);
  });

  it('loads no TensorFlow.js before it is started', async () => {
    const { stdout } = await runApart(`
      await engine.check();
      const { createRequire } = await import('node:module');
      const loaded = Object.keys(createRequire(${JSON.stringify(plugin)}).cache);
      console.log(loaded.filter((file) => file.includes('tfjs-backend-wasm') && file.endsWith('.js')).length);`);
    expect(stdout.trim()).to.equal('0');
  });
});
