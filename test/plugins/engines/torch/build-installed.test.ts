import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { BuildProgress } from '../../../../core/index.js';
import { buildAddon } from '../../../../plugins/engines/torch/build.js';
import { findAddon, type BuiltAddon } from '../../../../plugins/engines/torch/cache.js';
import { findCompiler, linkArguments, runCompiler } from '../../../../plugins/engines/torch/compiler.js';
import { findLibtorch, type Libtorch } from '../../../../plugins/engines/torch/libtorch.js';
import { plainEnvironment } from '../../../plain-environment.js';
import { failureOf } from '../../../core/fakes.js';
import { buildsIn, sources } from './builds.js';
import { withEnvironment, workFolder, write } from './trees.js';

const work = workFolder();
const { build, fakeCompiler, left } = buildsIn(work);

describe('buildAddon with a libtorch that is installed', () => {
  let libtorch: Libtorch;
  let built: BuiltAddon;
  const told: BuildProgress[] = [];
  before(async function () {
    this.timeout(180_000);
    try {
      libtorch = await findLibtorch(undefined);
      await findCompiler();
    } catch {
      this.skip();
    }
    built = await build('real', { libtorch, onProgress: (progress) => told.push(progress) });
  });

  it('makes an addon that Node loads, with libtorch’s threads and errors', async () => {
    const program = 'console.log(require(process.argv[1]).run())';
    const options = { env: { ...plainEnvironment, OMP_NUM_THREADS: '2', OMP_DYNAMIC: 'false' } };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, built.file], options);
    expect(stdout.trim()).to.equal((await findCompiler()).clang ? '1' : '2');
  });

  it('says what it does, step by step', () => {
    expect(told.map(({ step, steps }) => `${step}/${steps}`)).to.deep.equal([
      '1/5',
      '2/5',
      '3/5',
      '4/5',
      '5/5',
    ]);
    expect(told.map(({ doing }) => doing).toSorted()).to.deep.equal([
      'compiling addon.cc',
      'compiling errors.cc',
      'compiling threads.cc',
      'linking',
      'loading',
    ]);
    expect(told.slice(3).map(({ doing }) => doing)).to.deep.equal(['linking', 'loading']);
  });

  it('puts it where it is found, and leaves nothing else behind', () =>
    withEnvironment({ CROSSTASK_CACHE: join(work.path, 'real/cache') }, () => {
      expect(findAddon(undefined, join(work.path, 'real/native'))).to.deep.equal(built);
      expect(left('real')).to.have.length(1);
      expect(built.compiler).to.match(/\d+\.\d+/);
    }));

  it('keeps the addon that is there where the next build fails', async () => {
    const failed = build('real', { libtorch, environment: { CXX: fakeCompiler('failing', 'exit 1') } });
    expect((await failureOf(() => failed)).code).to.equal('ENGINE_BUILD_FAILED');
    expect(existsSync(built.file)).to.equal(true);
    expect(left('real')).to.have.length(1);
  });

  it('builds the same at the same time without harm', async function () {
    this.timeout(180_000);
    const native = write(join(work.path, 'twice/native'), {
      'addon.cc': sources['addon.cc'].replace('catches() ? threads() : -1', '7'),
    });
    const { signal } = new AbortController();
    const options = { asked: undefined, onProgress: () => undefined, signal, sources: native };
    const [one, other] = await withEnvironment({ CROSSTASK_CACHE: join(work.path, 'twice/cache') }, () =>
      Promise.all([buildAddon(libtorch, options), buildAddon(libtorch, options)]),
    );
    expect(one.file).to.equal(other.file);
    expect(left('twice')).to.have.length(1);
    const program = `require(${JSON.stringify(one.file)}).run()`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-p', program], {
      env: plainEnvironment,
    });
    expect(stdout.trim()).to.equal('7');
  });

  it('tells the compiler’s first errors', async function () {
    this.timeout(60_000);
    const files = { 'addon.cc': 'int main() { return nothing; }' };
    const { code, message } = await failureOf(() => build('broken', { libtorch, files }));
    expect(code).to.equal('ENGINE_BUILD_FAILED');
    expect(message)
      .to.match(/^engine torch: compiling addon\.cc failed \(libtorch [\d.]+ in \S+\):\n/)
      .and.match(/addon\.cc:1:\d+: error: .*nothing.*\n/);
    expect(left('broken')).to.deep.equal([]);
  });

  it('sees a header that is missing', async function () {
    this.timeout(60_000);
    const files = { 'addon.cc': '#include <ATen/NoSuchHeader.h>' };
    expect((await failureOf(() => build('no-header', { libtorch, files }))).message).to.match(
      /ATen\/NoSuchHeader\.h[^]*\nMost likely headers of libtorch are missing; install libtorch again/,
    );
  });

  it('sees that libtorch lacks what the addon needs, before it is used', async function () {
    this.timeout(60_000);
    const files = {
      'addon.cc': `namespace at { int absent(); }\n${sources['addon.cc'].replace('catches() ? threads() : -1', 'at::absent()')}`,
    };
    expect((await failureOf(() => build('no-symbol', { libtorch, files }))).message).to.match(
      /^engine torch: loading failed[^]*undefined symbol: _ZN2at6absentEv[^]*\nMost likely the addon and libtorch do not fit together; /,
    );
  });

  it('links CUDA’s libraries though nothing refers to them by name', async function () {
    this.timeout(60_000);
    const compiler = await findCompiler();
    const folder = join(work.path, 'cuda');
    mkdirSync(join(folder, 'lib'), { recursive: true });
    for (const name of ['libtorch_cpu.so', 'libc10.so']) {
      symlinkSync(join(libtorch.lib, name), join(folder, 'lib', name));
    }
    const run = (...args: string[]): Promise<void> =>
      runCompiler(compiler, args, { folder, signal: new AbortController().signal });
    for (const name of ['libtorch_cuda.so', 'libc10_cuda.so']) {
      const file = join(folder, 'lib', name);
      await run('-shared', '-x', 'c++', '/dev/null', `-Wl,-soname,${name}`, '-o', file);
    }
    const output = join(folder, 'addon.node');
    const cuda = { ...libtorch, lib: join(folder, 'lib'), cuda: true };
    await run(
      '-shared',
      '-x',
      'c++',
      '/dev/null',
      '-x',
      'none',
      '-o',
      output,
      ...linkArguments(cuda, compiler),
    );
    const binary = readFileSync(output, 'latin1');
    for (const name of ['libtorch_cuda.so', 'libc10_cuda.so', join(folder, 'lib')])
      expect(binary).to.contain(`${name}\0`);
  });
});
