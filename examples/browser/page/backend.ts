/** What computes: the graphics card by WebGPU or WebGL, or the processor by WebAssembly. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** The fastest first. */
export const backends = ['webgpu', 'webgl', 'wasm'] as const;
export type Backend = (typeof backends)[number];

export const backendNames: Readonly<Record<Backend, string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WebAssembly',
};

setWasmPaths('wasm/');

/**
 * Makes the first one that works here the active one.
 * @param works tries it: a driver may take a backend and then fail to compute on it
 * @param wanted is tried before the others
 */
export async function startBackend(
  wanted: Backend | undefined,
  works: () => Promise<void>,
): Promise<Backend> {
  const order = wanted ? [wanted, ...backends.filter((name) => name !== wanted)] : backends;
  for (const name of order) {
    try {
      if (!(await tf.setBackend(name))) continue;
      await works();
      return name;
    } catch (error) {
      console.warn(`${name} cannot be used here:`, error);
    }
  }
  throw new Error('This browser offers neither WebGPU, WebGL nor WebAssembly. A current one does.');
}
