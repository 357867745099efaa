import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PartSpec } from '../../../core/index.js';
import type { Launch } from '../../../core/world/launch.js';
import { localLaunches } from '../../local-launches.js';
import { plainEnvironment } from '../../plain-environment.js';
import { runProgram } from '../../run-program.js';

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
  try {
    return await Promise.all(
      (await localLaunches(size)).map(async (launch) => {
        const file = join(folder, `${launch.rank}.json`);
        await takeSteps({ ...settings, file, ...(size > 1 ? { launch } : {}) });
        return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Steps>;
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error with what the program said, where it failed */
async function takeSteps(settings: RankSettings): Promise<void> {
  const args = ['--import', 'reflect-metadata', program, JSON.stringify(settings)];
  const { code, signal, stderr } = await runProgram(args, plainEnvironment);
  if (code !== 0) throw new Error(`ended with ${code ?? signal}: ${stderr}`);
}
