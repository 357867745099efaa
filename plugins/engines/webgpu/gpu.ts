/** The little of WebGPU that the engine touches itself, and how it comes into Node. */

export interface Gpu {
  requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

interface Adapter {
  readonly info: AdapterInfo;
}

/** Who made an adapter and what it is; any text may be empty. */
export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Computes on the processor. */
  readonly isFallbackAdapter: boolean;
}

/** The package `webgpu`: Dawn, Chromium's WebGPU. */
export interface Dawn {
  readonly globals: object;
  readonly create: (flags: readonly string[]) => Gpu;
}

type Surroundings = { navigator?: { readonly gpu?: Gpu } };

/** `navigator.gpu`, whoever brought it. */
export function presentGpu(): Gpu | undefined {
  return (globalThis as unknown as Surroundings).navigator?.gpu;
}

/** Sets `navigator.gpu` and WebGPU's global names as a browser has them. */
export function bringGpu({ create, globals }: Dawn): void {
  const surroundings = globalThis as unknown as Surroundings;
  Object.assign(surroundings, globals);
  surroundings.navigator ??= {};
  Object.defineProperty(surroundings.navigator, 'gpu', { value: create([]), configurable: true });
}

/** The adapter that TensorFlow.js would take; null where there is none. Asking starts nothing. */
export async function adapterInfo(gpu: Gpu): Promise<AdapterInfo | null> {
  // As TensorFlow.js asks.
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return null;
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  return { vendor, architecture, device, description, isFallbackAdapter };
}
