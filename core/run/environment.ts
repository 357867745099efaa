import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import type { LoadedConfig } from '../config/index.js';
import type { Engine } from '../contracts/index.js';
import { currentWorld } from '../world/current.js';
import { gitState, type GitState } from './git.js';

/** What is needed to know why two runs of one config differ; a run folder's `environment.json`. */
export interface Environment {
  readonly crosstask: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: { readonly model: string; readonly cores: number };
  /** GiB */
  readonly memory: number;
  readonly tensorflow: string;
  readonly engine: string;
  /** What the engine says of itself: versions, threads, device; and how many ranks computed together, where several did. */
  readonly engineDetail: string;
  readonly seed: number;
  /** Of the config's folder, where it is in a git work tree. */
  readonly git?: GitState;
  /** ISO 8601 */
  readonly started: string;
  /** Each time that the run went on, in order. */
  readonly resumed?: readonly Resumption[];
}

/** One time that a run went on. */
export interface Resumption {
  /** ISO 8601 */
  readonly time: string;
  readonly engine: string;
  readonly engineDetail: string;
  /** Steps done before. */
  readonly step: number;
}

/** The engine that a run was on last; undefined where that was not written down. */
export function lastEngine(
  environment: Partial<Environment> | undefined,
): Partial<Pick<Environment, 'engine' | 'engineDetail'>> | undefined {
  return environment?.resumed?.at(-1) ?? environment;
}

/** Never fails: what cannot be found out is left out. */
export async function describeEnvironment(
  { config, baseFolder }: Pick<LoadedConfig, 'config' | 'baseFolder'>,
  engine: Engine,
): Promise<Environment> {
  const [engineDetail, git] = await Promise.all([detailOf(engine), gitState(baseFolder)]);
  return {
    crosstask: ownVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: { model: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism() },
    memory: Math.round(totalmem() / 2 ** 30),
    tensorflow: tf.version['tfjs-core'],
    engine: engine.name,
    engineDetail,
    seed: config.train.seed,
    ...(git ? { git } : {}),
    started: new Date().toISOString(),
  };
}

async function detailOf(engine: Engine): Promise<string> {
  try {
    const check = await engine.check();
    const among = currentWorld();
    if (!check.usable) return check.reason;
    return among ? `${check.detail}, ${among.world.size} ranks` : check.detail;
  } catch {
    return 'unknown';
  }
}

/** The package finds itself by its name, from wherever it lies. */
export function ownVersion(): string {
  try {
    return (createRequire(import.meta.url)('crosstask/package.json') as { version: string }).version;
  } catch {
    return 'unknown';
  }
}
