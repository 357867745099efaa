import { join } from 'node:path';
import { expect } from 'chai';
import {
  compileArguments,
  findCompiler,
  linkArguments,
  type Compiler,
} from '../../../../plugins/engines/torch/compiler.js';
import { findLibtorch, type Libtorch } from '../../../../plugins/engines/torch/libtorch.js';
import { withEnvironment, workFolder, write, writeLibtorch, writeProgram } from './trees.js';

const work = workFolder();

const gcc: Compiler = { command: 'g++', arguments: [], version: 'g++ 12', clang: false };
const clang: Compiler = { command: 'clang++', arguments: [], version: 'clang 14', clang: true };

async function libtorch(name: string, options: Parameters<typeof writeLibtorch>[1] = {}): Promise<Libtorch> {
  return findLibtorch(writeLibtorch(join(work.path, name), options));
}

describe('findCompiler', () => {
  it('takes the first that answers, or the one that CXX names, with its arguments', async () => {
    const folder = join(work.path, 'bin');
    writeProgram(join(folder, 'clang++'), 'echo "Debian clang version 14.0.6"');
    writeProgram(join(folder, 'c++'), 'echo "c++ 12.2.0"');
    expect(await withEnvironment({ PATH: folder, CXX: undefined }, findCompiler)).to.deep.equal({
      command: 'clang++',
      arguments: [],
      version: 'Debian clang version 14.0.6',
      clang: true,
    });
    expect(await withEnvironment({ PATH: folder, CXX: ' c++  -m64 ' }, findCompiler)).to.deep.equal({
      command: 'c++',
      arguments: ['-m64'],
      version: 'c++ 12.2.0',
      clang: false,
    });
  });
});

describe('compileArguments', () => {
  it('asks for the standard that libtorch’s headers want', async () => {
    for (const [version, standard] of [
      ['1.13.1', '-std=c++17'],
      ['2.11.0', '-std=c++17'],
      ['2.12.0', '-std=c++20'],
    ] as const) {
      expect(compileArguments(await libtorch(version, { version }), gcc, '/node')).to.include(standard);
    }
  });

  it('has strings of libtorch’s kind, headers, and a switch for CUDA', async () => {
    const plain = compileArguments(await libtorch('plain'), gcc, '/node');
    expect(plain).to.include.members([
      '-D_GLIBCXX_USE_CXX11_ABI=1',
      '-I/node',
      `-I${join(work.path, 'plain/include')}`,
    ]);
    expect(plain).to.not.include('-DCROSSTASK_CUDA');
    const other = compileArguments(await libtorch('other', { cuda: true, strings: 'old' }), gcc, '/node');
    expect(other).to.include.members(['-D_GLIBCXX_USE_CXX11_ABI=0', '-DCROSSTASK_CUDA']);
  });
});

describe('OpenMP', () => {
  it('is the one that libtorch brings along, else the system’s', async () => {
    const system = await libtorch('system');
    expect(compileArguments(system, gcc, '/node')).to.include('-fopenmp');
    expect(linkArguments(system, gcc)).to.include('-fopenmp');
    for (const name of ['libgomp.so.1', 'libgomp-a34b3233.so.1']) {
      const own = await libtorch(name);
      write(own.lib, { [name]: '', 'libgomp-plugin-nvptx.so.1': '' });
      expect(linkArguments(own, gcc)).to.include(join(own.lib, name)).and.not.include('-fopenmp');
    }
  });

  it('is left out with clang, whose own would be a second one', async () => {
    const found = await libtorch('clang');
    expect([...compileArguments(found, clang, '/node'), ...linkArguments(found, clang)]).to.not.include(
      '-fopenmp',
    );
  });
});
