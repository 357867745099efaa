import { expect } from 'chai';
import { buildFailure } from '../../../../plugins/engines/torch/build-failure.js';
import { CompilerFailure } from '../../../../plugins/engines/torch/compiler.js';
import type { Libtorch } from '../../../../plugins/engines/torch/libtorch.js';

const libtorch: Libtorch = {
  source: 'path',
  root: '/opt/libtorch',
  include: [],
  lib: '/opt/libtorch/lib',
  version: '2.6.0',
  cuda: false,
  cxx11Abi: true,
};

/** What compilers, linkers and Node print, and what is made of it. */
const cases: readonly (readonly [output: string, advice: RegExp])[] = [
  [
    'addon.cc:3:10: fatal error: node_api.h: No such file or directory',
    /Node-API are missing; run npm install again/,
  ],
  ["addon.cc:1:10: fatal error: 'node_api.h' file not found", /Node-API are missing; run npm install again/],
  [
    'x.hpp:2:10: fatal error: ATen/ATen.h: No such file or directory',
    /headers of libtorch are missing; .*libtorch-dev/,
  ],
  [
    "x.hpp:2:10: fatal error: 'c10/util/Half.h' file not found",
    /headers of libtorch are missing; .*libtorch-dev/,
  ],
  [
    '/opt/ATen/cuda/CUDAContext.h:5:10: fatal error: cuda_runtime_api.h: No such file or directory',
    /headers of CUDA are missing; .*CUDA_HOME/,
  ],
  ['/usr/bin/ld: cannot find -ltorch_cpu: No such file or directory', /libraries of libtorch are missing; /],
  ['g++: fatal error: Killed signal terminated program cc1plus', /killed, .*CROSSTASK_BUILD_JOBS=1/],
  ['cc1plus: out of memory allocating 65536 bytes', /killed, .*CROSSTASK_BUILD_JOBS=1/],
  ['as: error: x.o: No space left on device', /the disk is full; .*CROSSTASK_CACHE/],
  ["g++: error: unrecognized command-line option '-std=c++20'", /too old .*apt-get install g\+\+/],
  [
    "Error: /lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by libtorch_cpu.so)",
    /made for a newer system; /,
  ],
  ['Error: a.node: undefined symbol: _ZN2at3addE', /do not fit together; see that its headers and libraries/],
  ['/usr/bin/ld: /opt/libtorch/lib/libc10.so: file in wrong format', /do not fit together; /],
  [
    'Error: libcudart.so.12: cannot open shared object file: No such file or directory',
    /a library that libtorch needs is missing; install what it names/,
  ],
];

describe('buildFailure', () => {
  for (const [output, advice] of cases) {
    it(output.slice(0, 60), () => {
      const { code, message } = buildFailure(
        'linking',
        new CompilerFailure(`noise\n${output}\nmore`, null),
        libtorch,
      );
      expect(code).to.equal('ENGINE_BUILD_FAILED');
      const [heading, first, last] = message.split('\n');
      expect(heading).to.equal('engine torch: linking failed (libtorch 2.6.0 in /opt/libtorch):');
      expect(first).to.equal(`  ${output}`);
      expect(last)
        .to.match(/^Most likely /)
        .and.match(advice);
    });
  }

  it('shows the first of many errors, none too long', () => {
    const output = Array.from({ length: 50 }, (_, line) => `a.cc:${line}: error: ${'x'.repeat(1000)}`).join(
      '\n',
    );
    const lines = buildFailure('compiling a.cc', new CompilerFailure(output, null), libtorch).message.split(
      '\n',
    );
    expect(lines).to.have.length(7);
    expect(Math.max(...lines.map(({ length }) => length))).to.be.at.most(302);
    expect(lines.at(-1)).to.match(/^This is none of the usual causes; try another compiler/);
  });

  it('shows what there is where nothing looks like an error', () => {
    const failure = buildFailure('linking', new CompilerFailure('collect2 gave up\n', null), libtorch);
    expect(failure.message).to.contain('\n  collect2 gave up\n');
  });
});
