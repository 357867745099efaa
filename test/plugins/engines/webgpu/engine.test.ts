import { expect } from 'chai';
import { createPart } from '../../../../core/index.js';
import { find, webgpu } from '../../../../plugins/engines/webgpu/index.js';
import { tfjsVersion } from '../../../../plugins/engines/common/peer-packages.js';
import { PackageFolder } from '../packages.js';
import { runProgram, type Ended } from '../../../run-program.js';
import { cardlessEnvironment, describeOnSwiftShader, swiftShaderEnvironment } from './swiftshader.js';

const [plugin, backend, dawn] = [
  new URL('../../../../plugins/engines/webgpu/index.js', import.meta.url).href,
  import.meta.resolve('@tensorflow/tfjs-backend-webgpu'),
  import.meta.resolve('webgpu'),
];
const tfjs = import.meta.resolve('@tensorflow/tfjs');

/** Runs a program with an `engine`; it has to end by itself. */
async function runApart(
  body: string,
  { softwareAdapter = true, env = swiftShaderEnvironment } = {},
): Promise<Ended> {
  const program = `
    const { webgpu } = await import(${JSON.stringify(plugin)});
    const engine = webgpu.create({ softwareAdapter: ${softwareAdapter} }, {});
    ${body}`;
  const ended = await runProgram(['--input-type=module', '--eval', program], env);
  expect(ended.code, ended.stderr || String(ended.signal)).to.equal(0);
  return ended;
}

async function said(body: string, settings?: Parameters<typeof runApart>[1]): Promise<unknown> {
  const { stdout } = await runApart(body, settings);
  return JSON.parse(stdout);
}

/** How an error is told. */
const telling = `.catch(({ code, message }) => console.log(JSON.stringify({ code, message })))`;

describe('the webgpu engine', () => {
  const folder = new PackageFolder();

  it('names the packages that are not installed', async () => {
    const fix = 'npm install webgpu @tensorflow/tfjs-backend-webgpu';
    expect(await find(false, folder.from)).to.deep.equal({
      reason: 'not installed: webgpu and @tensorflow/tfjs-backend-webgpu',
      fix,
    });
    folder.install({ name: 'webgpu', version: '0.6.2' }, { 'index.js': '' });
    expect(await find(false, folder.from)).to.deep.equal({
      reason: 'not installed: @tensorflow/tfjs-backend-webgpu',
      fix,
    });
  });

  it('refuses a backend of another release of TensorFlow.js', async () => {
    folder.install({ name: 'webgpu', version: '0.6.2' }, { 'index.js': '' });
    folder.install({ name: '@tensorflow/tfjs-backend-webgpu', version: '4.1.0' }, { 'index.js': '' });
    expect(await find(false, folder.from)).to.deep.equal({
      reason: `@tensorflow/tfjs-backend-webgpu 4.1.0 does not fit TensorFlow.js ${tfjsVersion()}`,
      fix: 'npm install @tensorflow/tfjs-backend-webgpu@4.22',
    });
  });

  it('has a graphics card’s place among the engines', () => {
    const { name, priority } = createPart(webgpu);
    expect({ name, priority }).to.deep.equal({ name: 'webgpu', priority: 20 });
  });
});

describeOnSwiftShader('the webgpu engine on SwiftShader', function () {
  this.timeout(120_000);
  const check = 'console.log(JSON.stringify(await engine.check()));';

  it('says what it is, loads nothing, and leaves nothing behind', async () => {
    const { stdout, stderr } = await runApart(`${check}
      const { createRequire } = await import('node:module');
      const loaded = Object.keys(createRequire(${JSON.stringify(plugin)}).cache);
      console.log(loaded.filter((file) => /tfjs-backend-webgpu|dawn/.test(file)).length, globalThis.navigator?.gpu);`);
    const [found = '', left] = stdout.trim().split('\n');
    expect(JSON.parse(found)).to.deep.include({ usable: true });
    expect(found).to.match(/TensorFlow\.js 4\.22\.\d+, Dawn from webgpu \d.*swiftshader/i);
    expect([left, stderr]).to.deep.equal(['0 undefined', '']);
  });

  it('is not usable unless asked for by name, and says why', async () => {
    expect(await said(check, { softwareAdapter: false })).to.deep.include({ usable: false });
    const start = `await engine.start()${telling};`;
    expect(await said(start, { softwareAdapter: false }))
      .to.include({ code: 'ENGINE_UNUSABLE' })
      .with.property('message')
      .that.matches(/engine webgpu: the only adapter computes on the processor \(.*softwareAdapter: true/);
  });

  it('says where there is no graphics card', async () => {
    const answer = await said(check, { env: cardlessEnvironment });
    expect(answer).to.deep.include({ usable: false });
    expect(answer)
      .to.have.property('reason')
      .that.matches(/^Dawn finds no graphics adapter \(.*Found no drivers.*\)$/);
    expect(answer).to.have.property('fix').that.contains('Vulkan');
  });

  it('becomes the active backend, a second time too, without replacing its kernels', async () => {
    const { stdout } = await runApart(`await engine.start();
      const tf = await import(${JSON.stringify(tfjs)});
      const { gpu } = navigator;
      const kernel = tf.getKernel('MaxPoolGrad', 'webgpu');
      await engine.start();
      console.log(tf.getBackend(), gpu === navigator.gpu, kernel === tf.getKernel('MaxPoolGrad', 'webgpu'));
      console.log((await engine.check()).detail);`);
    expect(stdout).to.match(/^webgpu true true\nTensorFlow\.js 4\.22\.\d+, navigator\.gpu, .*swiftshader/i);
  });

  it('uses a navigator.gpu that is there', async () => {
    const { stdout } = await runApart(`const { create, globals } = await import(${JSON.stringify(dawn)});
      Object.assign(globalThis, globals);
      globalThis.navigator ??= {};
      const gpu = create([]);
      Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
      await engine.start();
      console.log(gpu === navigator.gpu);`);
    expect(stdout.trim()).to.equal('true');
  });

  it('says where the backend was imported before it', async () => {
    const start = `await import(${JSON.stringify(backend)}); await engine.start()${telling};`;
    expect(await said(start))
      .to.include({ code: 'ENGINE_UNUSABLE' })
      .with.property('message')
      .that.contains('start the engine before that package is imported');
  });

  for (const [what, body, code, message] of [
    [
      'a tensor was too large',
      'tf.sum(tf.fill([tf.backend().device.limits.maxBufferSize / 4096 + 1, 1024], 1));',
      'ENGINE_OUT_OF_MEMORY',
      /the graphics card cannot hold it \(Buffer size .*\); use a smaller train\.batchSize or dataset\.size/,
    ],
    [
      'a command was refused',
      'tf.backend().device.createBuffer({ size: 4, usage: 0 });',
      'ENGINE_UNUSABLE',
      /the graphics card refused a command \(.*usage.*\); update its driver, or choose another engine/,
    ],
  ] as const) {
    it(`fails to read from then on where ${what}, rather than give zeros`, async () => {
      const { stdout, stderr } = await runApart(`await engine.start();
        const tf = await import(${JSON.stringify(tfjs)});
        const sum = tf.sum(tf.ones([3]));
        console.log((await sum.data())[0]);
        ${body}
        for (const tensor of [tf.sum(tf.ones([3])), sum]) await tensor.data()${telling};`);
      const [before, ...errors] = stdout.trim().split('\n');
      expect(before).to.equal('3');
      expect(errors).to.have.length(2);
      for (const error of errors) {
        expect(JSON.parse(error)).to.include({ code }).with.property('message').that.matches(message);
      }
      expect(stderr).to.not.contain('validation');
    });
  }

  it('fails to read from a device that is gone', async () => {
    const body = `await engine.start();
      const tf = await import(${JSON.stringify(tfjs)});
      const sum = tf.sum(tf.ones([3]));
      tf.backend().device.destroy();
      await sum.data()${telling};`;
    expect(await said(body))
      .to.include({ code: 'ENGINE_UNUSABLE' })
      .with.property('message')
      .that.contains('the graphics card is gone (device was destroyed)');
  });
});
