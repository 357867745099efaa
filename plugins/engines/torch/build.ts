import { execFile } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, MtlError, type BuildProgress } from '../../../core/index.js';
import { buildFailure } from './build-failure.js';
import { addonFolder, nativeFolder, sourceFiles, Workshop, type BuiltAddon } from './cache.js';
import { compileArguments, CompilerFailure, findCompiler, linkArguments, runCompiler } from './compiler.js';
import type { Libtorch } from './libtorch.js';

const require = createRequire(import.meta.url);

/** What a compiler takes of memory at most, in bytes: one that includes ATen's headers takes 0.5 to 0.8 GB. */
const compilerMemory = 2 ** 30;

/** Loads a file as an addon with every symbol that it needs, and prints whether it can join ranks. */
const loadingProgram =
  'const addon = { exports: {} };' +
  "process.dlopen(addon, process.argv[1], require('node:os').constants.dlopen.RTLD_NOW);" +
  "console.log('joinRanks' in addon.exports)";

export interface BuildAddonOptions {
  /** The engine's option that libtorch was found with, see `findLibtorch`. */
  readonly asked: string | undefined;
  readonly onProgress: (progress: BuildProgress) => void;
  /** Aborting it ends the compilers and removes what was made so far. */
  readonly signal: AbortSignal;
  /** Folder of the .cc files. */
  readonly sources?: string;
}

/**
 * Compiles the addon's sources, links them with libtorch, sees that Node can load the result and puts it where
 * `findAddon` finds it.
 * @throws MtlError `ENGINE_BUILD_FAILED`; `INTERRUPTED` after the signal
 */
export async function buildAddon(libtorch: Libtorch, options: BuildAddonOptions): Promise<BuiltAddon> {
  const { asked, signal, sources = nativeFolder() } = options;
  const files = sourceFiles(sources).filter((name) => name.endsWith('.cc'));
  if (files.length === 0) {
    throw new MtlError(
      'ENGINE_BUILD_FAILED',
      `engine torch: its sources are missing from ${sources}; install crosstask again`,
    );
  }
  const headers = nodeHeaders();
  const compiler = await findCompiler();
  const workshop = new Workshop(addonFolder(asked, sources));
  const { folder } = workshop;
  let step = 0;
  const doing = async (what: string, work: () => Promise<void>): Promise<void> => {
    options.onProgress({ step: ++step, steps: files.length + 2, doing: what });
    try {
      await work();
    } catch (error) {
      throw buildFailure(what, error, libtorch);
    }
  };
  const objectOf = (name: string): string => join(folder, `${name}.o`);
  try {
    const compile = [...compileArguments(libtorch, compiler, headers), '-c'];
    await severalAtOnce(files, jobs(), signal, (name, stop) =>
      doing(`compiling ${name}`, () =>
        runCompiler(compiler, [...compile, join(sources, name), '-o', objectOf(name)], {
          folder,
          signal: stop,
        }),
      ),
    );
    const link = [
      '-shared',
      '-o',
      workshop.file,
      ...files.map(objectOf),
      ...linkArguments(libtorch, compiler),
    ];
    await doing('linking', () => runCompiler(compiler, link, { folder, signal }));
    let ranks = false;
    await doing('loading', async () => {
      ranks = await tryLoading(workshop.file, signal);
    });
    return workshop.install({ libtorch, compiler: compiler.version, ranks });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new MtlError('INTERRUPTED', 'Stopped; nothing was built.', { cause: error });
  } finally {
    workshop.close();
  }
}

/** How many compilers run at once: one a core, as far as memory goes. */
function jobs(): number {
  const asked = Number(process.env.CROSSTASK_BUILD_JOBS);
  if (Number.isInteger(asked) && asked > 0) return asked;
  return Math.max(
    1,
    Math.min(availableParallelism(), Math.floor(process.availableMemory() / compilerMemory)),
  );
}

/** Works on all items. The first failure stops the others, and is thrown when all have stopped. */
async function severalAtOnce<T>(
  items: readonly T[],
  count: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  setMaxListeners(count, either);
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item, either);
  };
  await Promise.all(
    Array.from({ length: count }, () => worker().catch((error: unknown) => failure.abort(error))),
  );
  failure.signal.throwIfAborted();
}

/**
 * Loads the addon in a process of its own: linking leaves open whether libtorch has all that the addon needs.
 * @returns whether it can join ranks
 */
async function tryLoading(file: string, signal: AbortSignal): Promise<boolean> {
  try {
    const program = ['--input-type=commonjs', '-e', loadingProgram, file];
    const { stdout } = await promisify(execFile)(process.execPath, program, { signal });
    return stdout.trim() === 'true';
  } catch (error) {
    const { stderr = '', signal: killed = null } = error as {
      stderr?: string;
      signal?: NodeJS.Signals | null;
    };
    throw new CompilerFailure(stderr || messageOf(error), killed);
  }
}

/** @throws MtlError `ENGINE_BUILD_FAILED` */
function nodeHeaders(): string {
  try {
    return join(dirname(require.resolve('node-api-headers')), 'include');
  } catch (error) {
    throw new MtlError(
      'ENGINE_BUILD_FAILED',
      'engine torch: the package node-api-headers is missing; run npm install again',
      { cause: error },
    );
  }
}
