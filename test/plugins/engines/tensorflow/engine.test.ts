import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { createPart } from '../../../../core/index.js';
import { tensorflow } from '../../../../plugins/engines/tensorflow/index.js';
import { computeGradients, paddedCaseNames } from '../gradients.js';
import { squarePass, type NetworkPass } from '../network.js';
import { onEngine, type Apart } from '../on-engine.js';
import { PackageFolder } from '../packages.js';
import { runProgram, type Ended } from '../../../run-program.js';
import { expectSameGradients, expectSamePass } from '../same.js';
import { startWasm } from '../reference.js';
import { installStandIn, standInEnvironment } from './stand-in.js';

const [gpu, cpu] = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;
const plugin = new URL('../../../../plugins/engines/tensorflow/index.js', import.meta.url).href;
const tfjs = import.meta.resolve('@tensorflow/tfjs');

describe('the tensorflow engine on a stand-in for its package', function () {
  this.timeout(120_000);
  const folder = new PackageFolder();

  /** Runs a program with an `engine` where the stand-ins are installed; it has to end by itself. */
  async function runApart(body: string, choice = 'auto'): Promise<Ended> {
    const program = `
      const { tensorflow } = await import(${JSON.stringify(plugin)});
      const engine = tensorflow.create({ package: ${JSON.stringify(choice)} }, {});
      ${body}`;
    const args = ['--input-type=module', '--eval', program];
    const ended = await runProgram(args, standInEnvironment, folder.path);
    expect(ended.code, ended.stderr).to.equal(0);
    return ended;
  }

  /** What `start` fails with. */
  async function failure(choice?: string): Promise<{ code: string; message: string }> {
    const { stdout } = await runApart(
      `await engine.start().catch(({ code, message }) => console.log(JSON.stringify({ code, message })));`,
      choice,
    );
    return JSON.parse(stdout) as { code: string; message: string };
  }

  const started = `await engine.start();
    const tf = await import(${JSON.stringify(tfjs)});
    console.log(tf.getBackend(), tf.add(1, 2).dataSync()[0]);`;

  it('has TensorFlow’s place among the engines', () => {
    const { name, priority } = createPart(tensorflow);
    expect({ name, priority }).to.deep.equal({ name: 'tensorflow', priority: 30 });
    expect(tensorflow.options.safeParse({ package: 'tpu' }).success).to.equal(false);
  });

  it('says what it is without loading it', async () => {
    installStandIn(folder, { name: cpu, main: 'throw new Error("loaded")' });
    const { stdout, stderr } = await runApart('console.log(JSON.stringify(await engine.check()));');
    expect(JSON.parse(stdout)).to.deep.equal({ usable: true, detail: `${cpu} 4.22.0` });
    expect(stderr).to.equal('');
  });

  it('starts a package beside the user’s work, and a second time without replacing its kernels', async () => {
    installStandIn(folder, { name: cpu });
    const { stdout } = await runApart(`${started}
      const kernel = tf.getKernel('MaxPool', 'tensorflow');
      await engine.start();
      console.log(tf.getBackend(), kernel === tf.getKernel('MaxPool', 'tensorflow'));`);
    expect(stdout).to.equal('tensorflow 3\ntensorflow true\n');
  });

  it('shares one TensorFlow.js with a package that brings a copy of it', async () => {
    const target = folder.install({ name: '@tensorflow/tfjs-core', version: '4.22.0', main: 'core.js' });
    const core = createRequire(import.meta.url).resolve('@tensorflow/tfjs-core');
    copyFileSync(core, `${target}/core.js`);
    installStandIn(folder, {
      name: cpu,
      main: `const tf = require('@tensorflow/tfjs-core');
        if (!require.resolve('@tensorflow/tfjs-core').endsWith('core.js')) throw new Error('not the copy');
        const { MathBackendCPU } = require('@tensorflow/tfjs-backend-cpu');
        for (const kernel of tf.getKernelsForBackend('cpu'))
          tf.registerKernel({ ...kernel, backendName: 'tensorflow' });
        tf.registerBackend('tensorflow', () => new MathBackendCPU());`,
    });
    expect((await runApart(started)).stdout).to.equal('tensorflow 3\n');
  });

  it('takes the package that it is told to', async () => {
    installStandIn(folder, { name: gpu, main: 'throw new Error("taken")' });
    installStandIn(folder, { name: cpu });
    expect((await runApart(started, 'cpu')).stdout).to.equal('tensorflow 3\n');
    expect((await failure('gpu')).message).to.contain('taken');
    expect((await failure('auto')).message).to.contain('taken');
  });

  it('warns where the package for graphics cards uses none', async () => {
    installStandIn(folder, { name: gpu, usingGpu: true });
    expect((await runApart(started)).stderr).to.not.contain('graphics card');
    installStandIn(folder, { name: gpu, usingGpu: false });
    expect((await runApart(started)).stderr).to.contain('finds no graphics card that it can use');
  });

  it('says why it cannot start', async () => {
    expect(await failure())
      .to.include({ code: 'ENGINE_UNUSABLE' })
      .with.property('message')
      .that.matches(/^engine tensorflow: not installed: .*; npm install /);
    installStandIn(folder, { name: cpu, main: 'throw new Error("libtensorflow.so.2: cannot open\\nmore")' });
    expect(await failure()).to.deep.equal({
      code: 'ENGINE_UNUSABLE',
      message:
        `engine tensorflow: ${cpu} 4.22.0 cannot be loaded: libtensorflow.so.2: cannot open; ` +
        `npm rebuild ${cpu}, or choose another engine`,
    });
    installStandIn(folder, { name: cpu, main: '' });
    expect((await failure()).message).to.contain('started no backend');
  });

  const apart = (): Apart => ({
    engine: { name: 'tensorflow' },
    env: standInEnvironment,
    cwd: folder.path,
  });

  it('pads by numbers and resizes with half-pixel centres as the wasm engine does', async () => {
    installStandIn(folder, { name: cpu });
    const found = await onEngine<Awaited<ReturnType<typeof computeGradients>>>(
      apart(),
      './gradients.js',
      'computePadded',
    );
    await startWasm();
    const wanted = await computeGradients(paddedCaseNames);
    expect(found.left).to.equal(0);
    expect(paddedCaseNames).to.have.length.above(40);
    for (const name of paddedCaseNames) {
      expectSameGradients(found.cases[name] ?? [], wanted.cases[name] ?? []);
    }
  });

  it('has the wasm engine’s losses and gradients of a network', async () => {
    installStandIn(folder, { name: cpu });
    const found = await onEngine<NetworkPass>(apart(), './network.js', 'squarePass');
    expectSamePass(found, await squarePass({ name: 'wasm', threads: 1 }));
  });
});
