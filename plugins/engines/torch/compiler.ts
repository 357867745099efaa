import { execFile, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MtlError } from '../../../core/index.js';
import { isAtLeast, type Libtorch } from './libtorch.js';

/** A C++ compiler that answers. */
export interface Compiler {
  readonly command: string;
  /** What CXX has after the command. */
  readonly arguments: readonly string[];
  /** What it says of itself. */
  readonly version: string;
  readonly clang: boolean;
}

/**
 * How the addon is compiled, whatever the libtorch. No processor is named: what depends on it, ATen picks as it runs.
 * Where a square root has to set errno, its loop has no vectors.
 */
export const compileFlags = ['-O2', '-fno-math-errno', '-fPIC', '-DNDEBUG', '-DNAPI_VERSION=8'] as const;

/** A compiler that failed, with what it printed. */
export class CompilerFailure extends Error {
  constructor(
    readonly output: string,
    readonly signal: NodeJS.Signals | null,
  ) {
    super('the compiler failed');
  }
}

/**
 * The compiler that CXX names, else the first one there is.
 * @throws MtlError `ENGINE_BUILD_FAILED`
 */
export async function findCompiler(): Promise<Compiler> {
  const named = process.env.CXX?.trim();
  const failures: string[] = [];
  for (const line of named ? [named] : ['g++', 'clang++', 'c++']) {
    const [command = line, ...rest] = line.split(/\s+/);
    try {
      const { stdout } = await promisify(execFile)(command, [...rest, '--version'], { env: environment() });
      const version = stdout.split('\n', 1)[0] ?? '';
      return { command, arguments: rest, version, clang: /clang/i.test(version) };
    } catch (error) {
      const { code } = error as { code?: unknown };
      failures.push(
        `  ${line}: ${code === 'ENOENT' ? 'there is no such program' : `it failed (${String(code)})`}`,
      );
    }
  }
  throw new MtlError(
    'ENGINE_BUILD_FAILED',
    [
      `engine torch: ${named ? 'CXX names no C++ compiler' : 'there is no C++ compiler'}:`,
      ...failures,
      'Install one with "apt-get install g++", or name one in the variable CXX.',
    ].join('\n'),
  );
}

/** The arguments that turn one source file into an object file. */
export function compileArguments(
  libtorch: Libtorch,
  compiler: Compiler,
  nodeHeaders: string,
): readonly string[] {
  return [
    // What libtorch's own headers ask for: C++20 from 2.12 on, an error without it from 2.14 on.
    isAtLeast(libtorch.version, [2, 12]) ? '-std=c++20' : '-std=c++17',
    ...compileFlags,
    `-D_GLIBCXX_USE_CXX11_ABI=${libtorch.cxx11Abi ? 1 : 0}`,
    ...(libtorch.cuda ? ['-DCROSSTASK_CUDA'] : []),
    // at::parallel_for is a template: without OpenMP here it runs on one thread. libtorch's threads are libgomp's, and
    // clang has another OpenMP, whose own threads would stand in the way of those.
    ...(compiler.clang ? [] : ['-fopenmp']),
    `-I${nodeHeaders}`,
    ...libtorch.include.map((folder) => `-I${folder}`),
  ];
}

/** The arguments that link object files. Node itself has the Node-API functions that stay undefined. */
export function linkArguments(libtorch: Libtorch, compiler: Compiler): readonly string[] {
  const { lib, cuda } = libtorch;
  return [
    `-L${lib}`,
    ...['-rpath', lib].flatMap((word) => ['-Xlinker', word]),
    // CUDA's kernels register themselves when their library is loaded; nothing refers to them by name.
    '-Wl,--no-as-needed',
    '-ltorch_cpu',
    '-lc10',
    ...(cuda ? ['-ltorch_cuda', '-lc10_cuda'] : []),
    ...(compiler.clang ? [] : [openMp(lib)]),
  ];
}

/** The OpenMP that libtorch brings along, so that a process has one set of threads; else the system's, as libtorch itself does. */
function openMp(lib: string): string {
  const own = readdirSync(lib).find((name) => /^libgomp(-[0-9a-f]+)?\.so/.test(name));
  return own === undefined ? '-fopenmp' : join(lib, own);
}

/**
 * Runs the compiler, with its temporary files in a folder that is the caller's to remove.
 * @throws CompilerFailure; where the signal aborts, once the compiler and what it started are gone
 */
export function runCompiler(
  { command, arguments: first }: Compiler,
  rest: readonly string[],
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    // In a process group of its own: the command starts the compiler proper, which must not outlive it.
    const child = spawn(command, [...first, ...rest], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...environment(), TMPDIR: folder },
    });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (output.length < 1e6) output += chunk;
    });
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    };
    signal.addEventListener('abort', kill, { once: true });
    child.on('error', reject);
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', kill);
      if (code === 0) resolve();
      else reject(new CompilerFailure(output, killed));
    });
  });
}

/** Messages are read: they are to be in English, and without colours. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', GCC_COLORS: '', CLICOLOR_FORCE: undefined };
}
