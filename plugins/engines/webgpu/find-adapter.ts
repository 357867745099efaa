import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PeerPackage } from '../common/peer-packages.js';
import type { Problem } from '../common/problem.js';
import { adapterInfo, presentGpu, type AdapterInfo } from './gpu.js';
import type { ProbeReport } from './probe.js';

/** An adapter, or why there is none and what to do. */
export type FoundAdapter = { readonly adapter: AdapterInfo } | Problem;

const probeFile = fileURLToPath(new URL('./probe.js', import.meta.url));

/** A driver that takes longer hangs. */
const patience = 30_000;

/** What brings an adapter, by platform. */
const driverFix: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux:
    'install the Vulkan loader (Debian: libvulkan1) and the Vulkan driver of the graphics card (NVIDIA: its driver with ' +
    'its Vulkan part; AMD, Intel: mesa-vulkan-drivers), in a container pass the card through with its graphics ' +
    'capability; `vulkaninfo --summary` then lists it',
  win32: 'update the graphics driver: Direct3D 12 is needed',
  darwin: 'a graphics card with Metal is needed; choose another engine',
};

/**
 * The adapter of a `navigator.gpu` that is there, or else of Dawn's. Dawn is asked in a process of its own: nothing of
 * it stays in this one, and a driver that crashes does no harm.
 */
export async function findAdapter(dawn: PeerPackage | undefined): Promise<FoundAdapter> {
  const gpu = presentGpu();
  if (gpu) {
    const adapter = await adapterInfo(gpu);
    return adapter ? { adapter } : noAdapter('navigator.gpu gives no adapter');
  }
  if (!dawn) throw new Error('without navigator.gpu, the package webgpu is needed');
  const { report, log, ended } = await probe(dawn);
  if (!report) return noAdapter(`the graphics driver failed (${[ended, ...log].join('; ')})`);
  if ('failure' in report) {
    return {
      reason: `the package webgpu ${dawn.version} cannot be loaded: ${report.failure}`,
      fix: 'it has binaries for Linux with glibc, macOS and Windows on x64 and arm64; there, install it again',
    };
  }
  if (report.adapter) return { adapter: report.adapter };
  return noAdapter(`Dawn finds no graphics adapter${log.length > 0 ? ` (${log.join('; ')})` : ''}`);
}

function noAdapter(reason: string): Problem {
  return { reason, fix: driverFix[process.platform] ?? 'choose another engine' };
}

interface Probed {
  /** Undefined where the process ended without one. */
  readonly report: ProbeReport | undefined;
  /** What the drivers complained about. */
  readonly log: readonly string[];
  /** How the process ended. */
  readonly ended: string;
}

function probe(dawn: PeerPackage): Promise<Probed> {
  return new Promise((resolve) => {
    const options = { timeout: patience, killSignal: 'SIGKILL', windowsHide: true } as const;
    const child = execFile(process.execPath, [probeFile, dawn.url], options, (_, stdout, stderr) => {
      const { exitCode, signalCode } = child;
      const ended = signalCode ? `ended by ${signalCode}` : `exit code ${exitCode}`;
      // A driver may crash on its way out, after the report.
      resolve({ report: reportIn(stdout), log: complaints(stderr), ended });
    });
  });
}

function reportIn(stdout: string): ProbeReport | undefined {
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  return line === undefined ? undefined : (JSON.parse(line) as ProbeReport);
}

/** Dawn's warnings without their places in its source. */
function complaints(stderr: string): string[] {
  const warnings = stderr.split('\n').flatMap((line) => /^(?:Warning|Error): (.*\S)/.exec(line)?.[1] ?? []);
  return [...new Set(warnings)];
}

/** Whether it computes on the processor, which WebGPU's own flag does not always admit. */
export function isSoftware({ isFallbackAdapter, ...names }: AdapterInfo): boolean {
  return isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic.render/i.test(Object.values(names).join());
}

export function adapterName({ vendor, architecture, device, description }: AdapterInfo): string {
  const name = device || [vendor, architecture].filter(Boolean).join(' ') || 'an unnamed adapter';
  return description ? `${name}, ${description}` : name;
}
