/** Runs WebGPU without a graphics card, on SwiftShader. */
import { existsSync } from 'node:fs';
import { plainEnvironment } from '../../../plain-environment.js';
import type { Apart } from '../on-engine.js';

/** The Vulkan driver of SwiftShader as Debian's package `chromium-common` brings it; the loader is in `libvulkan1`. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** A suite that needs SwiftShader; without it, its title says why nothing of it runs. */
export function describeOnSwiftShader(title: string, suite: (this: Mocha.Suite) => void): void {
  if (existsSync(driver)) describe(title, suite);
  else describe.skip(`${title} (skipped: no ${driver}, from Debian's chromium-common and libvulkan1)`, suite);
}

/** An environment in which SwiftShader is the only graphics card. */
export const swiftShaderEnvironment: NodeJS.ProcessEnv = { ...plainEnvironment, VK_ICD_FILENAMES: driver };

/** An environment without any graphics card. */
export const cardlessEnvironment: NodeJS.ProcessEnv = {
  ...plainEnvironment,
  VK_ICD_FILENAMES: '/nonexistent.json',
};

/** The engine on SwiftShader, for `onEngine`. */
export const onSwiftShader: Apart = {
  engine: { name: 'webgpu', softwareAdapter: true },
  env: swiftShaderEnvironment,
};
