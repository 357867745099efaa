import { existsSync } from 'node:fs';
import type { Engine, EngineCheck, PartDefinition } from '../../core/index.js';
import type { TestEnvironment } from './bundle.js';

/** A backend that the specs can run on. */
export interface Environment extends TestEnvironment {
  /** Environment variables that its process needs. */
  readonly variables: Readonly<Record<string, string>>;
  check(): Promise<EngineCheck>;
  /** Registers the backend and its kernels. */
  start(): Promise<void>;
}

export type EnvironmentName = 'cpu' | 'wasm-stock' | 'wasm' | 'torch' | 'webgpu';

/** A Vulkan driver that computes on the processor: the same numbers everywhere. From Debian's chromium-common. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** By the name that `run.js` takes. */
export const environments: Readonly<Record<EnvironmentName, Environment>> = {
  cpu: stock('cpu', () => import('@tensorflow/tfjs')),
  'wasm-stock': stock('wasm', () => import('@tensorflow/tfjs-backend-wasm')),
  wasm: ours('wasm', { threads: 1 }),
  torch: ours('torch', { threads: 1 }),
  webgpu: {
    ...ours('webgpu', { softwareAdapter: true }),
    isDataSync: false,
    variables: existsSync(swiftShader) ? { VK_ICD_FILENAMES: swiftShader } : {},
  },
};

/** A backend as its package brings it. */
function stock(backendName: string, load: () => Promise<unknown>): Environment {
  return {
    name: backendName,
    backendName,
    isDataSync: true,
    variables: {},
    check: () => Promise.resolve({ usable: true, detail: 'as npm brings it' }),
    start: async () => void (await load()),
  };
}

/** One of the project's engines, whose backend has the engine's name. */
function ours(name: string, options: Readonly<Record<string, unknown>>): Environment {
  const engine = async (): Promise<Engine> => {
    const { createPart } = await import('../../core/index.js');
    const engines: Readonly<Record<string, PartDefinition<Engine>>> =
      await import('../../plugins/engines/index.js');
    const part = engines[name];
    if (!part) throw new Error(`plugins/engines/index.ts exports no engine ${name}`);
    return createPart(part, options);
  };
  return {
    name,
    backendName: name,
    isDataSync: true,
    variables: {},
    check: async () => (await engine()).check(),
    start: async () => (await engine()).start(),
  };
}
