import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../cli/local-ranks.js';
import type { PartSpec } from '../../../core/index.js';
import type { Launch } from '../../../core/world/launch.js';
import { plainEnvironment } from '../../plain-environment.js';

/** What `rank-program` is told. */
export interface RankSettings {
  readonly file: string;
  /** `key.path=value`, over the tests' tiny config. */
  readonly overrides: readonly string[];
  /** By name. */
  readonly weighters: Readonly<Record<string, PartSpec>>;
  readonly launch?: Launch;
}

/** What came of the steps with one weighter. */
export interface Steps {
  /** L_t before each step, by task. */
  readonly losses: readonly (readonly number[])[];
  /** Of the first step, as the optimizer gets them. */
  readonly gradients: readonly number[];
  /** Samples of each step's batch that were this rank's. */
  readonly seen: readonly (readonly string[])[];
  /** All parameters, then batch norm's moving statistics. */
  readonly parameters: readonly number[];
  readonly weights: readonly number[];
  /** Tensors at the end. */
  readonly held: number;
}

const program = fileURLToPath(new URL('./rank-program.js', import.meta.url));

/** Takes steps as so many ranks. @returns by rank, by weighter */
export async function stepsOf(
  size: number,
  settings: Pick<RankSettings, 'overrides' | 'weighters'>,
): Promise<readonly Readonly<Record<string, Steps>>[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ranks-'));
  const port = await freePort();
  try {
    return await Promise.all(
      Array.from({ length: size }, async (_, rank) => {
        const file = join(folder, `${rank}.json`);
        const where = { host: '127.0.0.1', port, launcherKeepsStore: false, name: 'test' };
        const launch = size > 1 ? { rank, size, localSize: size, ...where } : undefined;
        await runProgram({ ...settings, file, ...(launch ? { launch } : {}) });
        return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Steps>;
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error with what the program said, where it failed */
function runProgram(settings: RankSettings): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'reflect-metadata', program, JSON.stringify(settings)], {
    env: plainEnvironment,
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`ended with ${code ?? signal}: ${errors}`));
    });
  });
}
