import { MtlError } from '../../../core/index.js';
import { CompilerFailure } from './compiler.js';
import type { Libtorch } from './libtorch.js';

interface Cause {
  /** What the compiler, the linker or Node say about it. */
  readonly sign: RegExp;
  readonly reason: string;
  readonly fix: string;
}

const otherLibtorch = 'name another libtorch in engine.libtorch or CROSSTASK_LIBTORCH';

const outOfMemory: Cause = {
  sign: /out of memory|cannot allocate memory|virtual memory exhausted|Killed signal terminated/i,
  reason: 'a compiler was killed, most likely for want of memory (each one takes about 1 GB)',
  fix: 'free some memory, or set CROSSTASK_BUILD_JOBS=1 to run one compiler at a time',
};

const causes: readonly Cause[] = [
  {
    sign: /node_api\.h: No such file|node_api\.h' file not found/,
    reason: 'the headers of Node-API are missing',
    fix: 'run npm install again: they are the package node-api-headers',
  },
  {
    sign: /(cuda|cublas|cusparse|cusolver|cudnn)\w*\.h: No such file/,
    reason: 'the headers of CUDA are missing',
    fix: 'install the CUDA toolkit that libtorch was built with and name its folder in CUDA_HOME',
  },
  {
    sign: /(ATen|c10|torch)\/\S+: No such file|(ATen|c10|torch)\/\S+' file not found/,
    reason: 'headers of libtorch are missing',
    fix: 'install libtorch again ("apt-get install --reinstall libtorch-dev"), or ' + otherLibtorch,
  },
  {
    sign: /cannot find -l(torch|c10)|unable to find library -l(torch|c10)/,
    reason: 'libraries of libtorch are missing',
    fix: 'install libtorch again ("apt-get install --reinstall libtorch-dev"), or ' + otherLibtorch,
  },
  {
    sign: /No space left on device/,
    reason: 'the disk is full',
    fix: 'free some space, or name a folder on another disk in CROSSTASK_CACHE',
  },
  {
    sign: /unrecognized command[- ]line option|invalid value 'c\+\+\d\d'|unknown argument/,
    reason: 'the compiler does not know an option; it is too old for this libtorch or no GNU-like compiler',
    fix: 'install a newer one ("apt-get install g++"), or name one in CXX',
  },
  {
    sign: /version [`'](GLIBC|GLIBCXX|CXXABI)_[\d.]+' not found/,
    reason: 'this libtorch was made for a newer system',
    fix: otherLibtorch,
  },
  {
    sign: /undefined symbol|undefined reference|file in wrong format|incompatible with|wrong ELF class/,
    reason: 'the addon and libtorch do not fit together',
    fix: 'see that its headers and libraries are of one version, or ' + otherLibtorch,
  },
  {
    sign: /cannot open shared object file/,
    reason: 'a library that libtorch needs is missing',
    fix: 'install what it names, or ' + otherLibtorch,
  },
];

/** The error that a build ends with: what failed, why as far as that can be told, and what to do. */
export function buildFailure(doing: string, error: unknown, { version, root }: Libtorch): MtlError {
  const output = error instanceof CompilerFailure ? error.output : String(error);
  const killed = error instanceof CompilerFailure && error.signal === 'SIGKILL';
  const cause =
    killed || outOfMemory.sign.test(output) ? outOfMemory : causes.find(({ sign }) => sign.test(output));
  return new MtlError(
    'ENGINE_BUILD_FAILED',
    [
      `engine torch: ${doing} failed (libtorch ${version} in ${root}):`,
      ...telling(output).map((line) => `  ${line}`),
      cause
        ? `Most likely ${cause.reason}; ${cause.fix}.`
        : 'This is none of the usual causes; try another compiler (CXX) or another libtorch (engine.libtorch).',
    ].join('\n'),
    { cause: error },
  );
}

/** The first lines that say what is wrong; where none does, the first lines. */
function telling(output: string): readonly string[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) =>
    /error\b|undefined|cannot|not found|killed|memory|no space|wrong/i.test(line),
  );
  return (errors.length > 0 ? errors : lines).slice(0, 5).map((line) => line.slice(0, 300));
}
