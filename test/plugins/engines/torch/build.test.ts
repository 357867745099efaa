import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { BuildProgress } from '../../../../core/index.js';
import { buildAddon } from '../../../../plugins/engines/torch/build.js';
import { findAddon, type BuiltAddon } from '../../../../plugins/engines/torch/cache.js';
import { findCompiler, linkArguments, runCompiler } from '../../../../plugins/engines/torch/compiler.js';
import { findLibtorch, type Libtorch } from '../../../../plugins/engines/torch/libtorch.js';
import { isAlive } from '../../../is-alive.js';
import { plainEnvironment } from '../../../plain-environment.js';
import { failureOf } from '../../../core/fakes.js';
import { withEnvironment, workFolder, write, writeLibtorch, writeProgram } from './trees.js';

const work = workFolder();

/** An addon whose function says how many threads a loop of libtorch's ran on, and whether an error of its was caught. */
const sources = {
  'addon.cc': `
    #include <node_api.h>
    int threads();
    bool catches();
    static napi_value run(napi_env env, napi_callback_info) {
      napi_value result;
      napi_create_int32(env, catches() ? threads() : -1, &result);
      return result;
    }
    NAPI_MODULE_INIT() {
      napi_value function;
      napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, nullptr, &function);
      napi_set_named_property(env, exports, "run", function);
      return exports;
    }`,
  'threads.cc': `
    #include <ATen/Parallel.h>
    #include <set>
    #include <mutex>
    int threads() {
      at::set_num_threads(2);
      std::mutex mutex;
      std::set<int> seen;
      at::parallel_for(0, 2, 1, [&](int64_t, int64_t) {
        const std::lock_guard<std::mutex> lock(mutex);
        seen.insert(at::get_thread_num());
      });
      return static_cast<int>(seen.size());
    }`,
  'errors.cc': `
    #include <c10/util/Exception.h>
    bool catches() {
      try { TORCH_CHECK(false, "caught"); } catch (const c10::Error& error) { return true; }
      return false;
    }`,
};

interface Options {
  readonly libtorch?: Libtorch;
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

/** Builds with a cache of its own. */
async function build(name: string, options: Options = {}): Promise<BuiltAddon> {
  const { files = sources, environment = {}, onProgress = () => undefined } = options;
  const { signal = new AbortController().signal } = options;
  const libtorch = options.libtorch ?? (await findLibtorch(writeLibtorch(join(work.path, 'libtorch'))));
  const native = write(join(work.path, name, 'native'), files);
  const variables = { CROSSTASK_CACHE: join(work.path, name, 'cache'), CXX: undefined, ...environment };
  return withEnvironment(variables, () =>
    buildAddon(libtorch, { asked: undefined, onProgress, signal, sources: native }),
  );
}

/** A compiler that is a shell script, which answers when it is asked for its version. */
function fakeCompiler(name: string, ...lines: readonly string[]): string {
  const version = 'if [ "$1" = --version ]; then echo "fake 1.0"; exit; fi';
  return writeProgram(join(work.path, name), version, ...lines);
}

function left(name: string): string[] {
  const cache = join(work.path, name, 'cache/torch');
  return existsSync(cache) ? readdirSync(cache) : [];
}

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

describe('buildAddon', () => {
  it('says what to install where there is no compiler', async () => {
    const none = await failureOf(() => build('none', { environment: { PATH: '/nonexistent' } }));
    expect(none.code).to.equal('ENGINE_BUILD_FAILED');
    expect(none.message.split('\n')).to.deep.equal([
      'engine torch: there is no C++ compiler:',
      '  g++: there is no such program',
      '  clang++: there is no such program',
      '  c++: there is no such program',
      'Install one with "apt-get install g++", or name one in the variable CXX.',
    ]);
    const named = await failureOf(() => build('none', { environment: { CXX: '/nonexistent/g++ -m64' } }));
    expect(named.message).to.match(
      /^engine torch: CXX names no C\+\+ compiler:\n {2}\/nonexistent\/g\+\+ -m64: /,
    );
  });

  it('takes a compiler that was killed for one that lacked memory', async () => {
    const CXX = fakeCompiler('killed', 'kill -9 $$');
    const { message } = await failureOf(() => build('killed-build', { environment: { CXX } }));
    expect(message).to.match(/\nMost likely a compiler was killed, .*CROSSTASK_BUILD_JOBS=1/);
    expect(left('killed-build')).to.deep.equal([]);
  });

  it('stops the other compilers at the first failure', async () => {
    const CXX = fakeCompiler(
      'one-fails',
      'case "$*" in *a.cc*) echo "error: a" >&2; exit 1;; *) sleep 30;; esac',
    );
    const started = performance.now();
    const files = { 'a.cc': '', 'b.cc': '', 'c.cc': '' };
    const environment = { CXX, CROSSTASK_BUILD_JOBS: '2' };
    const { message } = await failureOf(() => build('first-failure', { files, environment }));
    expect(message).to.match(
      /^engine torch: compiling a\.cc failed.*\n {2}error: a\nThis is none of the usual causes; /,
    );
    expect(performance.now() - started).to.be.below(10_000);
    expect(left('first-failure')).to.deep.equal([]);
  });

  it('runs as many compilers at once as it is told to', async () => {
    const log = join(work.path, 'log');
    const CXX = fakeCompiler('logging', `echo start >> ${log}`, 'sleep 0.1', `echo end >> ${log}`);
    const files = { 'a.cc': '', 'b.cc': '', 'c.cc': '' };
    await failureOf(() => build('one-job', { files, environment: { CXX, CROSSTASK_BUILD_JOBS: '1' } }));
    expect(readFileSync(log, 'utf8')).to.equal('start\nend\n'.repeat(4)); // three files, and the link
  });

  it('ends compilers and what they started when it is stopped, and removes what was made', async function () {
    this.timeout(20_000);
    const pids = join(work.path, 'pids');
    const CXX = fakeCompiler(
      'endless',
      'sleep 60 & echo $! >> ' + pids,
      'echo $$ >> ' + pids,
      'echo > $TMPDIR/left',
      'wait',
    );
    const stop = new AbortController();
    const building = build('stopped', {
      environment: { CXX, CROSSTASK_BUILD_JOBS: '2' },
      signal: stop.signal,
    });
    const failure = failureOf(() => building);
    const running = (): number[] =>
      existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n').map(Number) : [];
    while (running().length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    expect((await failure).code).to.equal('INTERRUPTED');
    expect(left('stopped')).to.deep.equal([]);
    for (const pid of running()) expect(isAlive(pid), String(pid)).to.equal(false);
  });

  it('does not begin where it is stopped already', async () => {
    const environment = { CXX: fakeCompiler('unused', 'exit 1') };
    const { code } = await failureOf(() => build('late', { environment, signal: AbortSignal.abort() }));
    expect(code).to.equal('INTERRUPTED');
    expect(left('late')).to.deep.equal([]);
  });

  it('needs sources', async () => {
    const { message } = await failureOf(() => build('no-sources', { files: { 'a.hpp': '' } }));
    expect(message).to.match(
      /^engine torch: its sources are missing from .*no-sources\/native; install crosstask again$/,
    );
  });
});
