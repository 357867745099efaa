import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { findLibtorch, isAtLeast, type Libtorch } from '../../../../plugins/engines/torch/libtorch.js';
import { failureOf } from '../../../core/fakes.js';
import { onPlatform, withEnvironment, workFolder, write, writeLibtorch, writeProgram } from './trees.js';

const work = workFolder();

/** Nothing but what a test puts there: no Python on PATH, no active environment, no variable. */
const nothing = {
  PATH: '/nonexistent',
  VIRTUAL_ENV: undefined,
  CONDA_PREFIX: undefined,
  CROSSTASK_LIBTORCH: undefined,
  CUDA_HOME: undefined,
  CUDA_PATH: undefined,
};

function find(
  variables: Readonly<Record<string, string | undefined>> = {},
  { asked, system = [] }: { asked?: string; system?: readonly string[] } = {},
): Promise<Libtorch> {
  return withEnvironment({ ...nothing, ...variables }, () => findLibtorch(asked, system));
}

/** A folder with a `python3` that answers with a file of a package. */
function python(name: string, origin: string): string {
  const folder = join(work.path, name);
  writeProgram(join(folder, 'python3'), `echo "${origin}"`);
  return folder;
}

describe('findLibtorch', () => {
  it('takes the folder that the option names, before the variable’s', async () => {
    const asked = writeLibtorch(join(work.path, 'asked'));
    const other = writeLibtorch(join(work.path, 'other'), { version: '1.13.1' });
    expect(await find({ CROSSTASK_LIBTORCH: other }, { asked })).to.deep.equal({
      source: 'path',
      root: asked,
      include: [join(asked, 'include'), join(asked, 'include/torch/csrc/api/include')],
      lib: join(asked, 'lib'),
      version: '2.6.0',
      cuda: false,
      cxx11Abi: true,
    });
    expect(await find({ CROSSTASK_LIBTORCH: other })).to.include({ root: other, version: '1.13.1' });
  });

  it('takes a folder of Python’s packages that has torch in it', async () => {
    const folder = join(work.path, 'site-packages');
    const torch = writeLibtorch(join(folder, 'torch'));
    expect(await find({}, { asked: folder })).to.include({ source: 'path', root: torch });
  });

  it('looks for no other where one is asked for', async () => {
    const bin = python('with-torch', join(writeLibtorch(join(work.path, 'a/torch')), '__init__.py'));
    const asked = join(work.path, 'none');
    const { code, message } = await failureOf(() => find({ PATH: bin }, { asked }));
    expect(code).to.equal('ENGINE_BUILD_FAILED');
    expect(message.replaceAll(work.path, 'WORK').split('\n')).to.deep.equal([
      'engine torch: engine.libtorch names no libtorch to build with:',
      '  WORK/none: there is no such folder',
      '  WORK/none/torch: there is no such folder',
      'Name a folder with include/ and lib/, such as site-packages/torch, or leave it out.',
    ]);
    const variable = await failureOf(() => find({ CROSSTASK_LIBTORCH: asked }));
    expect(variable.message).to.match(/^engine torch: CROSSTASK_LIBTORCH names no libtorch/);
  });

  it('asks Python, and takes its installation before the system’s', async () => {
    const torch = writeLibtorch(join(work.path, 'python/torch'));
    const system = writeLibtorch(join(work.path, 'system'));
    const bin = python('bin', join(torch, '__init__.py'));
    expect(await find({ PATH: bin }, { system: [system] })).to.include({ source: 'python', root: torch });
    expect(await find({}, { system: [system] })).to.include({ source: 'system', root: system });
  });

  it('asks the active environment’s Python first', async () => {
    const bin = python('usual', join(writeLibtorch(join(work.path, 'usual/torch')), '__init__.py'));
    const torch = writeLibtorch(join(work.path, 'active/torch'));
    const active = join(work.path, 'environment');
    writeProgram(join(active, 'bin/python'), `echo ${join(torch, '__init__.py')}`);
    for (const variable of ['VIRTUAL_ENV', 'CONDA_PREFIX']) {
      expect(await find({ PATH: bin, [variable]: active })).to.include({ root: torch });
    }
  });

  it('asks Python where torch is without importing it, and not in the current folder', async function () {
    const python3 = ['/usr/bin/python3', '/usr/local/bin/python3'].find((file) => existsSync(file));
    if (!python3) return this.skip();
    const folder = join(work.path, 'real-python');
    const torch = writeLibtorch(join(folder, 'packages/torch'));
    write(torch, { '__init__.py': `open(${JSON.stringify(join(folder, 'imported'))}, 'w')` });
    writeProgram(join(folder, 'bin/python3'), `exec ${python3} "$@"`);
    const PYTHONPATH = join(folder, 'packages');
    expect(await find({ PATH: join(folder, 'bin'), PYTHONPATH })).to.include({ root: torch });
    expect(existsSync(join(folder, 'imported'))).to.equal(false);
    const home = process.cwd();
    process.chdir(PYTHONPATH);
    try {
      const found = await find({ PATH: join(folder, 'bin'), PYTHONPATH: undefined }).catch(() => undefined);
      expect(found?.root).to.not.equal(torch);
    } finally {
      process.chdir(home);
    }
  });

  it('follows a Python installation whose headers and libraries are links to the system’s', async () => {
    const system = writeLibtorch(join(work.path, 'usr'), { version: '1.13.0' });
    const torch = join(work.path, 'usr/lib/python3/dist-packages/torch');
    mkdirSync(join(torch, 'include'), { recursive: true });
    mkdirSync(join(torch, 'lib'));
    for (const name of ['include/ATen', 'include/torch', 'lib/libtorch_cpu.so', 'lib/libc10.so']) {
      symlinkSync(join(system, name), join(torch, name));
    }
    const bin = python('debian', join(torch, '__init__.py'));
    expect(await find({ PATH: bin })).to.deep.include({
      source: 'python',
      version: '1.13.0',
      lib: join(torch, 'lib'),
      cxx11Abi: true,
    });
  });

  it('reads the libraries of a Debian system from their folder', async () => {
    const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch;
    const lib = `lib/${machine}-linux-gnu`;
    const system = writeLibtorch(join(work.path, 'multiarch'), { lib });
    expect(await find({}, { system: [system] })).to.include({ lib: join(system, lib) });
  });

  it('reads the kind of strings off the library', async () => {
    const old = writeLibtorch(join(work.path, 'old-strings'), { strings: 'old' });
    expect(await find({}, { asked: old })).to.include({ cxx11Abi: false });
  });

  it('sees CUDA, with the headers that packages beside it and the toolkit bring', async () => {
    const packages = join(work.path, 'cuda');
    const torch = writeLibtorch(join(packages, 'torch'), { cuda: true });
    const toolkit = write(join(work.path, 'toolkit'), { 'include/cuda.h': '' });
    write(packages, {
      'nvidia/cuda_runtime/include/cuda_runtime_api.h': '',
      'nvidia/nccl/lib/libnccl.so': '',
    });
    const { cuda, include } = await find({ CUDA_HOME: toolkit }, { asked: torch });
    expect(cuda).to.equal(true);
    expect(include.slice(2, 4)).to.deep.equal([
      join(packages, 'nvidia/cuda_runtime/include'),
      join(toolkit, 'include'),
    ]);
  });

  it('reads the version where later ones keep it', async () => {
    const torch = writeLibtorch(join(work.path, 'later'), { version: '2.13.1' });
    const header = 'include/torch/csrc/api/include/torch/version.h';
    const numbers =
      '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 13\n#define TORCH_VERSION_PATCH 1\n';
    write(torch, {
      [header]: '#include <torch/headeronly/version.h>\n',
      'include/torch/headeronly/version.h': numbers,
    });
    expect(await find({}, { asked: torch })).to.include({ version: '2.13.1' });
  });

  it('tells of every place why it was passed over, and what to do', async () => {
    const bin = python(
      'incomplete',
      join(write(join(work.path, 'bare/torch'), { 'lib/libtorch_cpu.so': '' }), 'x.py'),
    );
    writeProgram(join(bin, 'python'), 'echo "No module named encodings" >&2', 'exit 1');
    const active = join(work.path, 'empty');
    writeProgram(join(active, 'bin/python'), 'echo');
    const old = writeLibtorch(join(work.path, 'too-old'), { version: '1.12.1' });
    const noLibraries = write(join(work.path, 'no-libraries'), { 'include/ATen/ATen.h': '' });
    const half = write(join(work.path, 'half'), { 'include/ATen/ATen.h': '', 'lib/libtorch_cpu.so': '' });
    const unknown = writeLibtorch(join(work.path, 'unknown'), { version: '' });
    const system = [old, noLibraries, half, unknown];
    const { code, message } = await failureOf(() => find({ PATH: bin, VIRTUAL_ENV: active }, { system }));
    expect(code).to.equal('ENGINE_BUILD_FAILED');
    expect(message.replaceAll(work.path, 'WORK').split('\n')).to.deep.equal([
      'engine torch: found no libtorch:',
      '  WORK/empty/bin/python: it has no package torch',
      '  python3, WORK/bare/torch: it has no include/ATen/ATen.h',
      '  python: it failed: No module named encodings',
      '  WORK/too-old: its version is 1.12.1, older than 1.13',
      '  WORK/no-libraries: it has no lib/libtorch_cpu.so',
      '  WORK/half: it has no lib/libc10.so',
      '  WORK/unknown: its version cannot be read from include/torch',
      'Install one with "apt-get install libtorch-dev" or "pip install torch", or name its folder in engine.libtorch or CROSSTASK_LIBTORCH.',
    ]);
    expect((await failureOf(() => find())).message).to.contain('\n  python3: there is no such program\n');
  });
});

describe('findLibtorch on another system', () => {
  it('says that it works on Linux only', async () => {
    const { code, message } = await failureOf(() => onPlatform('darwin', () => find()));
    expect(code).to.equal('ENGINE_BUILD_FAILED');
    expect(message).to.equal('engine torch: it works on Linux only; choose another engine');
  });
});

describe('isAtLeast', () => {
  it('compares numbers, not texts', () => {
    expect(isAtLeast('2.13.0', [2, 9])).to.equal(true);
    expect(isAtLeast('2.9.1', [2, 12])).to.equal(false);
    expect(isAtLeast('1.13.1', [2, 0])).to.equal(false);
    expect(isAtLeast('3.0.0', [2, 12])).to.equal(true);
  });
});
