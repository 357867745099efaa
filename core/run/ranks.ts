import * as tf from '@tensorflow/tfjs';
import type { Config, LoadedConfig } from '../config/index.js';
import type { Json, Stateful, World, WorldSettings } from '../contracts/index.js';
import type { Loader } from '../data/index.js';
import { badValue, messageOf, MtlError } from '../errors.js';
import { partName } from '../registry/index.js';
import { amongRanks, currentWorld } from '../world/current.js';
import type { Launch } from '../world/launch.js';
import { changes } from './changes.js';
import { runContainer } from './data.js';
import { startEngine } from './engines.js';
import { ownVersion } from './environment.js';

/**
 * Meets the other ranks and does something as one of them. Where it fails, the others are told why and end, too.
 * @throws MtlError `WORLD_UNREACHABLE`, `ENGINE_UNUSABLE`, `RANK_LOST`
 */
export async function asRank<T>(loaded: LoadedConfig, launch: Launch, run: () => Promise<T>): Promise<T> {
  const { distributed, train } = loaded.config;
  if (train.batchSize < launch.size) {
    throw badValue('CONFIG_INVALID', {
      what: 'train.batchSize',
      expected: `at least ${launch.size}, an image for each rank`,
      found: String(train.batchSize),
    });
  }
  const world = await join(loaded, launch, { group: launch.size });
  try {
    const result = await amongRanks({ ...distributed, world }, run);
    await world.leave();
    return result;
  } catch (error) {
    await world.leave(reasonToLeave(launch, error));
    throw error;
  }
}

/**
 * Meets the other ranks.
 * @param loaded names the engine, which is started, and for how long ranks are waited for
 * @param how how many consecutive ranks train together
 * @throws MtlError `WORLD_UNREACHABLE`, `ENGINE_UNUSABLE`
 */
export async function join(
  loaded: LoadedConfig,
  launch: Launch,
  { group }: Pick<WorldSettings, 'group'>,
): Promise<World> {
  const { engine: named, distributed } = loaded.config;
  const engine = await startEngine({ ...loaded, engine: named }, runContainer(loaded));
  if (!engine.joinWorld) {
    throw new MtlError(
      'ENGINE_UNUSABLE',
      `engine ${engine.name}: it computes in one process alone; for ${launch.size} ranks take --engine torch`,
    );
  }
  return engine.joinWorld({
    ...launch,
    group,
    timeout: 1000 * distributed.timeout,
    startTimeout: 1000 * distributed.startTimeout,
  });
}

/** What the others are told of an error that ends a rank. */
export function reasonToLeave({ rank }: Pick<Launch, 'rank'>, error: unknown): string {
  return isLost(error) ? messageOf(error) : `rank ${rank}: ${messageOf(error)}`;
}

/** Whether an error says that another rank is lost, and why. */
export function isLost(error: unknown): boolean {
  return error instanceof MtlError && error.code === 'RANK_LOST';
}

/** What all ranks have to have in common. */
export interface Common {
  readonly loaded: LoadedConfig;
  readonly engine: string;
  readonly train: Pick<Loader, 'length'>;
  readonly val: Pick<Loader, 'length'>;
}

/**
 * Sees that all ranks train the same thing, and gives every one rank 0's state. Alone, it does nothing.
 * @throws MtlError `WORLD_UNREACHABLE` on every rank, naming the one that differs from rank 0 and in what
 */
export async function beginTogether(
  common: Common,
  parts: Readonly<Record<string, Stateful>>,
): Promise<void> {
  const among = currentWorld();
  if (!among) return;
  await assertCommon(among.world, common);
  await takeFirstState(among.world, parts);
}

async function assertCommon(world: World, { loaded, engine, train, val }: Common): Promise<void> {
  const samples = { train: train.length, val: val.length };
  const own = { crosstask: ownVersion(), samples, config: { ...commonConfig(loaded.config), engine } };
  const [first, ...others] = (await world.gather(JSON.stringify(own))).map(
    (text) => JSON.parse(text) as unknown,
  );
  const { leader } = world.groups;
  others.forEach((other, index) => assertSame([leader, first], [leader + index + 1, other]));
}

/** A config without what may differ from host to host: how the engine computes, how data are loaded. */
export function commonConfig({ loader, ...config }: Config): object {
  const alike = { ...loader, workers: 0, prefetch: 0, memory: 0, cache: null };
  return { ...config, engine: partName(config.engine), loader: alike, log: {}, $schema: '' };
}

type Told = readonly [rank: number, what: unknown];

/**
 * Sees that a rank has told the same as another one.
 * @throws MtlError `WORLD_UNREACHABLE` naming both, and in what they differ
 */
export function assertSame([first, before]: Told, [rank, now]: Told): void {
  const differing = changes(before, now);
  if (differing.length === 0) return;
  throw new MtlError(
    'WORLD_UNREACHABLE',
    `rank ${rank} differs from rank ${first}: ${differing.map((change) => change.replace(', now ', `, on rank ${rank} `)).join(', ')}; ` +
      'start all ranks with the same release, config and data',
  );
}

interface ToldState {
  readonly values: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** By part and name, in the order in which the tensors come. */
  readonly tensors: readonly (readonly [part: string, name: string, shape: readonly number[]])[];
}

/** Gives every rank the state that some parts have on rank 0. */
export async function takeFirstState(world: World, parts: Readonly<Record<string, Stateful>>): Promise<void> {
  if (world.rank === 0) await tellState(world, parts);
  else await hearState(world, parts);
}

async function tellState(world: World, parts: Readonly<Record<string, Stateful>>): Promise<void> {
  const states = Object.entries(parts).map(([part, { state }]) => [part, state] as const);
  const named = states.flatMap(([part, { tensors }]) =>
    Object.entries(tensors).map(([name, tensor]) => [part, name, tensor] as const),
  );
  const told: ToldState = {
    values: Object.fromEntries(states.map(([part, { values }]) => [part, values])),
    tensors: named.map(([part, name, { shape }]) => [part, name, shape]),
  };
  await world.gather(JSON.stringify(told));
  if (named.length > 0) tf.dispose(world.broadcast(named.map(([, , tensor]) => tensor)));
}

async function hearState(world: World, parts: Readonly<Record<string, Stateful>>): Promise<void> {
  const [text = ''] = await world.gather('');
  const { values, tensors } = JSON.parse(text) as ToldState;
  const places = tensors.map(([, , shape]) => tf.zeros([...shape]));
  const heard = places.length > 0 ? world.broadcast(places) : [];
  try {
    for (const [name, part] of Object.entries(parts)) {
      const own = tensors.flatMap(([of, key], index) => (of === name ? [[key, heard[index]!] as const] : []));
      part.restore({ tensors: Object.fromEntries(own), values: values[name]! });
    }
  } finally {
    tf.dispose([...places, ...heard]);
  }
}
