import { MtlError } from '../../../core/index.js';

/** The WebAssembly module, as far as it is touched here. */
interface Module {
  /** @returns 0 where there is no such block */
  _malloc(bytes: number): number;
  _free(at: number): void;
  readonly HEAPU8: Uint8Array;
}

const guarded = new WeakSet<Module>();

/**
 * TensorFlow.js takes the address 0 that a failed allocation gives for a tensor's place: it would write over what lies
 * there, and threads that fail in it are waited for forever.
 */
export function guardMemory(wasm: Module): void {
  if (guarded.has(wasm)) return;
  guarded.add(wasm);
  // The module's functions put the true ones in their own place when they are first called.
  wasm._free(wasm._malloc(1));
  const allocate = wasm._malloc.bind(wasm);
  wasm._malloc = (bytes) => {
    const at = allocate(bytes);
    if (at !== 0 || bytes === 0) return at;
    const [wanted, held] = [bytes, wasm.HEAPU8.length].map((size) => Math.ceil(size / 2 ** 20));
    throw new MtlError(
      'ENGINE_OUT_OF_MEMORY',
      `engine wasm: ${wanted} MiB more than the ${held} MiB that it has cannot be had; take a smaller train.batchSize, ` +
        'smaller images or another engine',
    );
  };
}
