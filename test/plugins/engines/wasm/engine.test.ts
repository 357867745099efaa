import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createPart } from '../../../../core/index.js';
import { wasm } from '../../../../plugins/engines/wasm/index.js';
import { plainEnvironment } from '../../../plain-environment.js';
import { startWasm } from '../reference.js';

const plugin = new URL('../../../../plugins/engines/wasm/index.js', import.meta.url).href;

const require = createRequire(import.meta.url);
const tfjs = pathToFileURL(require.resolve('@tensorflow/tfjs')).href;
const backend = pathToFileURL(require.resolve('@tensorflow/tfjs-backend-wasm')).href;

type TensorFlow = typeof tf;
type Tensor = tf.Tensor;

/** Sums of a convolution and its gradients, which are to be the same bits with any number of threads. */
function convolutionSums(tf: TensorFlow): number[] {
  const wave = (shape: number[]): Tensor =>
    tf.tensor(
      Float32Array.from(
        { length: shape.reduce((a, b) => a * b, 1) },
        (_, i) => ((i * 7919) % 1009) / 1009 - 0.5,
      ),
      shape,
    );
  const x = wave([2, 33, 40, 16]);
  const gradients = tf.grads((input, filter) => tf.relu(tf.conv2d(input as never, filter as never, 1, 1)))([
    x,
    wave([3, 3, 16, 24]),
  ]);
  return gradients.map((gradient) => gradient.mul(wave(gradient.shape)).sum().dataSync()[0]!);
}

const sameSums = `await engine.start();
  const tf = await import(${JSON.stringify(tfjs)});
  const { getThreadsCount } = await import(${JSON.stringify(backend)});
  const sums = (${convolutionSums.toString()})(tf);
  console.log(JSON.stringify({ threads: getThreadsCount(), sums, worker: typeof Worker }));`;

async function sums(): Promise<number[]> {
  await startWasm();
  return convolutionSums(tf);
}

/** Runs a program of its own, in another folder, and gives what it printed. A process has one wasm backend. */
async function runApart(body: string, threads = 1): Promise<{ stdout: string; stderr: string }> {
  const program = `
    const { wasm } = await import(${JSON.stringify(plugin)});
    const engine = wasm.create({ threads: ${threads} }, {});
    ${body}`;
  const options = { cwd: tmpdir(), env: plainEnvironment };
  return promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], options);
}

describe('the wasm engine', () => {
  it('says what it is', async () => {
    expect(await createPart(wasm, { threads: 3 }).check()).to.deep.equal({
      usable: true,
      detail: `TensorFlow.js ${tf.version.tfjs}, WebAssembly SIMD, 3 threads`,
    });
    expect(wasm.options.safeParse({ threads: 0 }).success).to.equal(false);
    expect(wasm.options.safeParse({ threads: 9 }).success).to.equal(false);
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

  for (const threads of [1, 2, 4]) {
    it(`computes with ${threads === 1 ? 'one thread' : `${threads} threads`}, and ends by itself`, async () => {
      const { stdout, stderr } = await runApart(sameSums, threads);
      expect(stderr).to.equal('');
      expect(JSON.parse(stdout)).to.deep.equal({ threads, sums: await sums(), worker: 'undefined' });
    });
  }

  it('sees all of a heap that grows while threads run', async () => {
    const { stdout } = await runApart(
      `await engine.start();
      const tf = await import(${JSON.stringify(tfjs)});
      const large = [1, 2, 3].map((value) => tf.fill([32, 1024, 1024], value));
      console.log(large.map((tensor) => tf.slice(tensor, [31, 1023, 1020], [1, 1, 4]).dataSync().join('')).join());`,
      2,
    );
    expect(stdout.trim()).to.equal('1111,2222,3333');
  });

  it('falls back to one thread where workers cannot be made, and says so', async () => {
    const { stdout, stderr } = await runApart(
      `URL.createObjectURL = () => 'blob:nothing';
      await engine.start();
      const tf = await import(${JSON.stringify(tfjs)});
      console.log(tf.getBackend(), tf.add(1, 2).dataSync()[0]);`,
      2,
    );
    expect(stdout.trim()).to.equal('wasm 3');
    expect(stderr).to.contain('threads do not start here');
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
