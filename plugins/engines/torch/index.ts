import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import {
  definePart,
  localPlace,
  messageOf,
  MtlError,
  tokens,
  worldFromEnvironment,
  type Deps,
  type Engine,
  type EngineCheck,
  type World,
  type WorldSettings,
} from '../../../core/index.js';
import type { Addon } from './addon.js';
import { buildAddon } from './build.js';
import { findAddon, type BuiltAddon } from './cache.js';
import { cardsHere, ownCard } from './cards.js';
import type { TorchBackend } from './backend.js';
import { findLibtorch } from './libtorch.js';

const require = createRequire(import.meta.url);

const options = z.strictObject({
  libtorch: z
    .string()
    .optional()
    .describe(
      'Folder of the libtorch to build with; by default that of a Python installation, else the system’s.',
    ),
  device: z
    .enum(['auto', 'cpu', 'cuda'])
    .default('auto')
    .describe('Where tensors live; auto takes CUDA where libtorch and the machine have it.'),
  threads: z
    .union([z.literal('auto'), z.int().min(1).max(1024)])
    .default('auto')
    .describe('Threads that compute on the processor; auto takes one a core, shared by the ranks of a host.'),
  precision: z
    .enum(['float32', 'tf32', 'bf16'])
    .default('float32')
    .describe(
      'tf32: CUDA’s convolutions and matrix products read 10 bits of each fraction; elsewhere it is float32. ' +
        'bf16: convolutions compute in it and what lies between them is kept in it; parameters, statistics and losses ' +
        'stay float32. It is for CUDA and for processors with AVX-512.',
    ),
});

type Options = z.output<typeof options>;

/** TensorFlow.js on libtorch: PyTorch's own kernels, on the processor and on NVIDIA's cards. A process has one. */
export const torch = definePart({
  description:
    'TensorFlow.js on libtorch (PyTorch’s kernels, CPU and CUDA): fastest; "mtl engine build torch" builds it.',
  options,
  create: (given, deps): Engine => engine(inBaseFolder(given, deps)),
});

/** A relative folder is the config's. */
function inBaseFolder(options: Options, deps: Deps): Options {
  const { libtorch } = options;
  if (libtorch === undefined || isAbsolute(libtorch)) return options;
  return { ...options, libtorch: resolve(deps.get(tokens.baseFolder), libtorch) };
}

function engine(chosen: Options): Engine {
  return {
    name: 'torch',
    priority: 40,
    digitsFollowDetail: true,
    check: () => Promise.resolve(check(chosen)),
    start: () => start(chosen),
    build: async (onProgress, signal) => {
      const { libtorch: asked } = chosen;
      const found = await findLibtorch(asked);
      const { ranks } = await buildAddon(found, { asked, onProgress, signal });
      const gloo = ranks ? '' : `; without Gloo, so in one process alone: for several ${howToGetGloo}`;
      return `libtorch ${found.version} from ${found.root}${found.cuda ? ', with CUDA' : ''}${gloo}`;
    },
    joinWorld: (settings) => join(settings),
    kernels: async () => (await import('./kernels/index.js')).reportKernels(),
  };
}

function check({ libtorch, device, threads }: Options): EngineCheck {
  const built = findAddon(libtorch);
  if ('missing' in built) return { usable: false, reason: built.missing, fix: built.fix };
  const { version, cuda } = built.libtorch;
  if (device === 'cuda' && !cuda) {
    return {
      usable: false,
      reason: `it is built with a libtorch ${version} that has no CUDA`,
      fix: 'name one that has with the option libtorch, then run "mtl engine build torch"; or take device: cpu',
    };
  }
  const count = threadCount(threads);
  const where = cuda && device !== 'cpu' ? 'CUDA' : `${count} ${count === 1 ? 'thread' : 'threads'}`;
  return { usable: true, detail: `libtorch ${version}, ${where}${built.ranks ? '' : ', without Gloo'}` };
}

function threadCount(threads: Options['threads']): number {
  return threads === 'auto' ? Math.max(1, Math.floor(availableParallelism() / localPlace().size)) : threads;
}

const howToGetGloo = 'install Gloo’s headers (Debian: libgloo-dev), then run "mtl engine build torch"';

/** What this process runs, once it does. */
let running: { readonly addon: Addon; readonly device: string } | undefined;

async function start(chosen: Options): Promise<void> {
  const found = check(chosen);
  if (!found.usable) throw unusable(found.reason, found.fix);
  if (!running) prepareRank();
  const addon = running?.addon ?? load(findAddon(chosen.libtorch) as BuiltAddon);
  const device = chosen.device === 'auto' ? (addon.hasCuda() ? 'cuda' : 'cpu') : chosen.device;
  if (device === 'cuda' && !addon.hasCuda())
    throw unusable('libtorch finds no CUDA device', 'check "nvidia-smi", or take device: cpu');
  if (running && running.device !== device)
    throw unusable(
      `this process computes on ${running.device} already`,
      `start another process for ${device}`,
    );
  addon.start(device, threadCount(chosen.threads), chosen.precision);
  const tf = await import('@tensorflow/tfjs');
  if (!running) {
    const [{ TorchBackend }, { registerTorchGradients, registerTorchKernels }] = await Promise.all([
      import('./backend.js'),
      import('./kernels/index.js'),
    ]);
    tf.registerBackend('torch', () => new TorchBackend(addon), 0);
    registerTorchKernels();
    registerTorchGradients();
    running = { addon, device };
  }
  if (!(await tf.setBackend('torch'))) throw unusable('the backend did not start', 'run it with --debug');
}

/** What one of several ranks has to tell libtorch before it is loaded. */
function prepareRank(): void {
  if (!worldFromEnvironment()) return;
  const { CUDA_VISIBLE_DEVICES: visible } = process.env;
  const own = ownCard(localPlace(), visible ?? cardsHere());
  if (own !== undefined) process.env.CUDA_VISIBLE_DEVICES = own;
  // Where another rank is gone, newer ones print a page of C++ frames beside the error that says so.
  process.env.TORCH_CPP_LOG_LEVEL ??= 'ERROR';
}

/** @throws MtlError `ENGINE_UNUSABLE` where it is built without Gloo, `WORLD_UNREACHABLE` */
async function join(settings: WorldSettings): Promise<World> {
  const { hasRanks, joinWorld } = await import('./world.js');
  const { addon } = running!;
  if (!hasRanks(addon)) {
    throw unusable('it is built without Gloo, over which ranks exchange their gradients', howToGetGloo);
  }
  const tf = await import('@tensorflow/tfjs');
  return joinWorld(addon, tf.engine().backend as TorchBackend, settings);
}

function load({ file, libtorch }: BuiltAddon): Addon {
  try {
    return require(file) as Addon;
  } catch (error) {
    throw unusable(
      `what was built with libtorch ${libtorch.version} does not load: ${messageOf(error)}`,
      'build it again with "mtl engine build torch"',
    );
  }
}

function unusable(reason: string, fix: string): MtlError {
  return new MtlError('ENGINE_UNUSABLE', `engine torch: ${reason}; ${fix}`);
}
