import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { MtlError } from '../../../core/index.js';

/** A libtorch to compile and link with. */
export interface Libtorch {
  readonly source: 'path' | 'python' | 'system';
  /** The folder that has its headers and libraries below it. */
  readonly root: string;
  /** Folders of headers, CUDA's own among them where it is a CUDA build. */
  readonly include: readonly string[];
  /** Folder of the libraries. */
  readonly lib: string;
  /** E.g. `2.6.0`. */
  readonly version: string;
  readonly cuda: boolean;
  /** Whether its strings are the C++11 ones of libstdc++; ours must be the same. */
  readonly cxx11Abi: boolean;
}

/** A place that was looked at in vain. */
interface PassedOver {
  readonly place: string;
  readonly reason: string;
}

type Found = { readonly libtorch: Libtorch } | { readonly passedOver: readonly PassedOver[] };

/** The variable that names a libtorch where the engine's option does not. */
const variable = 'CROSSTASK_LIBTORCH';

/** Library names and linker options are Linux's. */
export const onlyOnLinux = 'it works on Linux only';

const oldest = [1, 13] as const;

/** Debian's name for the architecture, which its library folders end in. */
const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch;

/** The constructor of libtorch's errors in a library that was built with the strings from before C++11. */
const oldStringsSymbol = '_ZN3c105ErrorC2ENS_14SourceLocationESs';

/** Prints where `import torch` would read it from, without importing it. */
const pythonProgram =
  'import importlib.util as u; s = u.find_spec("torch"); print(s.origin if s and s.origin else "")';

/** The folder that the option or else the variable names, in full; undefined where libtorch is to be looked for. */
export function askedLibtorch(option: string | undefined): string | undefined {
  const asked = option ?? process.env[variable];
  return asked ? resolve(asked) : undefined;
}

/**
 * Finds a libtorch: the one asked for, else a Python installation's, else the system's. Nothing of it is run.
 * @param asked the engine's option: a folder with include/ and lib/, such as Python's site-packages/torch
 * @param system folders that the system's libraries are below
 * @throws MtlError `ENGINE_BUILD_FAILED` with all places looked at
 */
export async function findLibtorch(
  asked: string | undefined,
  system: readonly string[] = ['/usr', '/usr/local'],
): Promise<Libtorch> {
  if (process.platform !== 'linux') {
    throw new MtlError('ENGINE_BUILD_FAILED', `engine torch: ${onlyOnLinux}; choose another engine`);
  }
  const folder = askedLibtorch(asked);
  const searches =
    folder === undefined
      ? [fromPython, () => firstOf(system, 'system')]
      : [() => firstOf([folder, join(folder, 'torch')], 'path')];
  const passedOver: PassedOver[] = [];
  for (const search of searches) {
    const found = await search();
    if ('libtorch' in found) return found.libtorch;
    passedOver.push(...found.passedOver);
  }
  const what = asked !== undefined ? 'engine.libtorch' : folder !== undefined ? variable : undefined;
  throw new MtlError(
    'ENGINE_BUILD_FAILED',
    [
      what ? `engine torch: ${what} names no libtorch to build with:` : 'engine torch: found no libtorch:',
      ...passedOver.map(({ place, reason }) => `  ${place}: ${reason}`),
      what
        ? 'Name a folder with include/ and lib/, such as site-packages/torch, or leave it out.'
        : `Install one with "apt-get install libtorch-dev" or "pip install torch", or name its folder in engine.libtorch or ${variable}.`,
    ].join('\n'),
  );
}

async function fromPython(): Promise<Found> {
  const { VIRTUAL_ENV, CONDA_PREFIX } = process.env;
  const active = [VIRTUAL_ENV, CONDA_PREFIX].flatMap((prefix) =>
    prefix ? [join(prefix, 'bin/python')] : [],
  );
  const passedOver: PassedOver[] = [];
  for (const python of [...active, 'python3', 'python']) {
    const answer = await askPython(python);
    if ('reason' in answer) passedOver.push({ place: python, reason: answer.reason });
    else {
      const found = firstOf([answer.folder], 'python');
      if ('libtorch' in found) return found;
      passedOver.push(...found.passedOver.map((one) => ({ ...one, place: `${python}, ${one.place}` })));
    }
  }
  return { passedOver };
}

/** @returns the folder of the package `torch`, or why there is none */
async function askPython(python: string): Promise<{ folder: string } | { reason: string }> {
  try {
    // From the root folder: Python would take a folder named torch in the current one for the package.
    const options = { cwd: '/', timeout: 20_000 };
    const { stdout } = await promisify(execFile)(python, ['-B', '-c', pythonProgram], options);
    const origin = stdout.trimEnd().split('\n').at(-1);
    return origin ? { folder: dirname(origin) } : { reason: 'it has no package torch' };
  } catch (error) {
    const { code, killed, stderr = '' } = error as { code?: unknown; killed?: boolean; stderr?: string };
    if (code === 'ENOENT') return { reason: 'there is no such program' };
    if (killed) return { reason: 'it did not answer' };
    return { reason: `it failed: ${stderr.trimEnd().split('\n').at(-1) || `code ${String(code)}`}` };
  }
}

function firstOf(roots: readonly string[], source: Libtorch['source']): Found {
  const passedOver: PassedOver[] = [];
  for (const root of roots) {
    const found = inspect(root, source);
    if (typeof found !== 'string') return { libtorch: found };
    passedOver.push({ place: root, reason: found });
  }
  return { passedOver };
}

/** @returns the libtorch in a folder, or why there is none */
function inspect(root: string, source: Libtorch['source']): Libtorch | string {
  if (!existsSync(root)) return 'there is no such folder';
  const include = join(root, 'include');
  if (!existsSync(join(include, 'ATen/ATen.h'))) return 'it has no include/ATen/ATen.h';
  const lib = [`lib/${machine}-linux-gnu`, 'lib', 'lib64']
    .map((folder) => join(root, folder))
    .find((folder) => existsSync(join(folder, 'libtorch_cpu.so')));
  if (lib === undefined) return 'it has no lib/libtorch_cpu.so';
  if (!existsSync(join(lib, 'libc10.so')))
    return `it has no ${join(lib, 'libc10.so').slice(root.length + 1)}`;
  const api = join(include, 'torch/csrc/api/include');
  const version = versionOf([join(api, 'torch/version.h'), join(include, 'torch/headeronly/version.h')]);
  if (version === undefined) return 'its version cannot be read from include/torch';
  if (!isAtLeast(version, oldest)) return `its version is ${version}, older than ${oldest.join('.')}`;
  const cuda = existsSync(join(lib, 'libtorch_cuda.so'));
  return {
    source,
    root,
    include: [include, api, ...(cuda ? cudaHeaders(root) : [])],
    lib,
    version,
    cuda,
    cxx11Abi: !readFileSync(join(lib, 'libc10.so')).includes(oldStringsSymbol, 0, 'latin1'),
  };
}

/** Later versions' first header only includes the second one, which has the numbers. */
function versionOf(headers: readonly string[]): string | undefined {
  for (const header of headers.filter((file) => existsSync(file))) {
    const text = readFileSync(header, 'utf8');
    const numbers = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => new RegExp(`^#define TORCH_VERSION_${part} (\\d+)`, 'm').exec(text)?.[1],
    );
    if (!numbers.includes(undefined)) return numbers.join('.');
  }
  return undefined;
}

/** @param version e.g. `2.6.0` */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** Where CUDA's own headers are: packages beside a Python torch, or the toolkit. */
function cudaHeaders(root: string): readonly string[] {
  const packages = join(dirname(root), 'nvidia');
  const beside = existsSync(packages) ? readdirSync(packages).map((name) => join(packages, name)) : [];
  const { CUDA_HOME, CUDA_PATH } = process.env;
  return [...beside, CUDA_HOME, CUDA_PATH, '/usr/local/cuda'].flatMap((folder) => {
    const include = join(folder ?? '', 'include');
    return folder && existsSync(include) ? [include] : [];
  });
}
