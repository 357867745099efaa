import { z } from 'zod';
import { definePart, type Engine } from '../../../core/index.js';
import { findPeer, isSameRelease, release, tfjsVersion, type PeerPackage } from '../common/peer-packages.js';
import { checkOf, unusable, type Problem } from '../common/problem.js';
import { adapterName, findAdapter, isSoftware } from './find-adapter.js';
import { bringGpu, presentGpu, type Dawn } from './gpu.js';
import { watchDevice, type WebgpuBackend } from './watch-device.js';

const backendPackage = '@tensorflow/tfjs-backend-webgpu';
const dawnPackage = 'webgpu';

const options = z.strictObject({
  softwareAdapter: z
    .boolean()
    .default(false)
    .describe(
      'Also take an adapter that computes on the processor, such as SwiftShader: for tests, far slower than wasm.',
    ),
});

/**
 * TensorFlow.js on WebGPU: any graphics card with Vulkan, Metal or Direct3D 12, without CUDA. Stands on two packages
 * that are installed beside crosstask: Dawn (`webgpu`) and TensorFlow.js' backend. A `navigator.gpu` that is there
 * already is used as it is.
 */
export const webgpu = definePart({
  description: 'TensorFlow.js on WebGPU: graphics cards with Vulkan, Metal or Direct3D 12, through Dawn.',
  options,
  create: ({ softwareAdapter }): Engine => ({
    name: 'webgpu',
    priority: 20,
    check: () => find(softwareAdapter).then(checkOf),
    start: () => start(softwareAdapter),
  }),
});

interface Found {
  readonly detail: string;
  readonly backend: PeerPackage;
  /** Undefined where `navigator.gpu` is there without it. */
  readonly dawn: PeerPackage | undefined;
}

/**
 * What the engine stands on here, or why it cannot. Loads nothing into this process.
 * @param from where packages are looked for
 */
export async function find(
  softwareAdapter: boolean,
  from?: readonly (string | URL)[],
): Promise<Found | Problem> {
  const isPresent = presentGpu() !== undefined;
  const dawn = isPresent ? undefined : findPeer(dawnPackage, from);
  const backend = findPeer(backendPackage, from);
  if (!backend || !(isPresent || dawn)) {
    const missing = [...(isPresent || dawn ? [] : [dawnPackage]), ...(backend ? [] : [backendPackage])];
    return {
      reason: `not installed: ${missing.join(' and ')}`,
      fix: `npm install ${dawnPackage} ${backendPackage}`,
    };
  }
  const core = tfjsVersion();
  if (!isSameRelease(backend.version, core)) {
    return {
      reason: `${backendPackage} ${backend.version} does not fit TensorFlow.js ${core}`,
      fix: `npm install ${backendPackage}@${release(core)}`,
    };
  }
  const found = await findAdapter(dawn);
  if ('reason' in found) return found;
  const name = adapterName(found.adapter);
  if (isSoftware(found.adapter) && !softwareAdapter) {
    return {
      reason: `the only adapter computes on the processor (${name}), far slower than the wasm engine`,
      fix: 'install the driver of a graphics card, or for tests set engine: { name: webgpu, softwareAdapter: true }',
    };
  }
  const source = dawn ? `Dawn from ${dawnPackage} ${dawn.version}` : 'navigator.gpu';
  return { detail: `TensorFlow.js ${backend.version}, ${source}, ${name}`, backend, dawn };
}

async function start(softwareAdapter: boolean): Promise<void> {
  const found = await find(softwareAdapter);
  if ('reason' in found) throw unusable('webgpu', found);
  if (found.dawn) {
    const dawn = (await import(found.dawn.url)) as Dawn;
    if (!presentGpu()) bringGpu(dawn);
  }
  const tf = await import('@tensorflow/tfjs');
  await import(found.backend.url);
  // The type promises a factory; the engine gives null for an unknown one.
  if (!(tf.findBackendFactory('webgpu') as unknown)) {
    throw unusable('webgpu', {
      reason: `${backendPackage} was loaded before there was a navigator.gpu, and made no backend`,
      fix: 'start the engine before that package is imported',
    });
  }
  if (!(await tf.setBackend('webgpu'))) {
    const fix = 'update the graphics driver, or choose another engine';
    throw unusable('webgpu', { reason: 'the backend did not start', fix });
  }
  await tf.ready();
  watchDevice(tf.backend() as unknown as WebgpuBackend);
  const { registerWebgpuKernels } = await import('./kernels/index.js');
  registerWebgpuKernels();
}
