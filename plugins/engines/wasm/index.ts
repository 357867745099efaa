import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { definePart, messageOf, MtlError, type Engine, type EngineCheck } from '../../../core/index.js';
import { guardMemory } from './guard-memory.js';
import { followHeap, mostThreads, withThreads } from './threads.js';

const packageName = '@tensorflow/tfjs-backend-wasm';
const require = createRequire(import.meta.url);

/** Node's types leave it out. */
const { WebAssembly } = globalThis as { WebAssembly?: { validate(module: Uint8Array): boolean } };

/** The smallest module with a SIMD instruction: a function that splats a byte and drops the vector. */
const simdModule = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11,
]);

const options = z.strictObject({
  threads: z
    .union([z.literal('auto'), z.int().min(1).max(mostThreads)])
    .default('auto')
    .describe(
      'Threads that compute, at most 8; auto takes one a core. Results are the same with any number.',
    ),
});

/**
 * TensorFlow.js on WebAssembly: runs wherever Node runs, with nothing to install besides npm packages. A process has
 * one wasm backend: the first run in it decides the number of threads.
 */
export const wasm = definePart({
  description: 'TensorFlow.js on WebAssembly with SIMD and threads: every platform, nothing to install.',
  options,
  create: ({ threads }): Engine => {
    const count = threads === 'auto' ? Math.min(mostThreads, availableParallelism()) : threads;
    return { name: 'wasm', priority: 10, check: () => check(count), start: () => start(count) };
  },
});

async function check(threads: number): Promise<EngineCheck> {
  if (!WebAssembly?.validate(simdModule)) {
    return {
      usable: false,
      reason: 'this Node or processor runs no WebAssembly SIMD instructions',
      fix: 'use Node 20 or later without --jitless on a processor with SSE4.1 or NEON, or choose another engine',
    };
  }
  try {
    await access(require.resolve(`${packageName}/dist/tfjs-backend-wasm-simd.wasm`));
    const { version } = require(`${packageName}/package.json`) as { version: string };
    return {
      usable: true,
      detail: `TensorFlow.js ${version}, WebAssembly SIMD, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    };
  } catch (error) {
    return {
      usable: false,
      reason: `the package ${packageName} cannot be read: ${messageOf(error)}`,
      fix: 'run npm install again',
    };
  }
}

async function start(threads: number): Promise<void> {
  const found = await check(threads);
  if (!found.usable) throw unusable(found.reason, found.fix);
  const tf = await import('@tensorflow/tfjs');
  const { setThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  const begin = async (): Promise<void> => {
    if (!(await tf.setBackend('wasm'))) throw unusable('the backend did not start', 'run npm install again');
    await tf.ready();
  };
  const running = tf.getBackend() === 'wasm';
  await keepingErrorHandlers(async () => {
    if (threads > 1 && !running && (await startThreads(threads, setThreadsCount, tf.env(), begin))) {
      followHeap(moduleOf<Parameters<typeof followHeap>[0]>(tf.backend()));
    } else {
      await begin();
    }
    guardMemory(moduleOf(tf.backend()));
  });
  const { registerWasmKernels } = await import('./kernels/index.js');
  registerWasmKernels();
}

function moduleOf<T>(backend: object): T {
  return (backend as { readonly wasm: T }).wasm;
}

/** Whether the backend runs on several threads now. Where they cannot start, one does the work: slower, and said so. */
async function startThreads(
  threads: number,
  setThreadsCount: (count: number) => void,
  environment: { set(flag: string, value: boolean): void },
  begin: () => Promise<void>,
): Promise<boolean> {
  try {
    environment.set('WASM_HAS_MULTITHREAD_SUPPORT', true);
    setThreadsCount(threads);
    await withThreads(threads, begin);
    return true;
  } catch (error) {
    process.emitWarning(`engine wasm: threads do not start here (${messageOf(error)}); one is used`);
    environment.set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    return false;
  }
}

function unusable(reason: string, fix: string): MtlError {
  return new MtlError('ENGINE_UNUSABLE', `engine wasm: ${reason}; ${fix}`);
}

/**
 * The WebAssembly module hangs handlers on the process that throw every uncaught error again, with a page of
 * its own source in front. Whatever `start` adds of them is taken off.
 */
async function keepingErrorHandlers(start: () => Promise<void>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => new Set<unknown>(process.rawListeners(event)));
  await start();
  events.forEach((event, index) => {
    for (const listener of process.rawListeners(event)) {
      if (!before[index]?.has(listener)) process.off(event, listener as () => void);
    }
  });
}
