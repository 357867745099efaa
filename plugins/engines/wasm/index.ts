import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { definePart, messageOf, MtlError, type Engine, type EngineCheck } from '../../../core/index.js';

const packageName = '@tensorflow/tfjs-backend-wasm';
const require = createRequire(import.meta.url);

/** Node's types leave it out. */
const { WebAssembly } = globalThis as { WebAssembly?: { validate(module: Uint8Array): boolean } };

/** The smallest module with a SIMD instruction: a function that splats a byte and drops the vector. */
const simdModule = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11,
]);

/** TensorFlow.js on WebAssembly: runs wherever Node runs, with nothing to install besides npm packages. */
export const wasm = definePart({
  description: 'TensorFlow.js on WebAssembly with SIMD: every platform, one thread',
  options: z.strictObject({}),
  create: (): Engine => ({ name: 'wasm', priority: 10, check, start }),
});

async function check(): Promise<EngineCheck> {
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
    return { usable: true, detail: `TensorFlow.js ${version}, WebAssembly SIMD, 1 thread` };
  } catch (error) {
    return {
      usable: false,
      reason: `the package ${packageName} cannot be read: ${messageOf(error)}`,
      fix: 'run npm install again',
    };
  }
}

async function start(): Promise<void> {
  const found = await check();
  if (!found.usable) throw unusable(found.reason, found.fix);
  const tf = await import('@tensorflow/tfjs');
  await keepingErrorHandlers(async () => {
    await import('@tensorflow/tfjs-backend-wasm');
    if (!(await tf.setBackend('wasm'))) throw unusable('the backend did not start', 'run npm install again');
    await tf.ready();
  });
  const { registerWasmKernels } = await import('./kernels/index.js');
  registerWasmKernels();
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
