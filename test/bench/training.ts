/** What the benches of training steps share: a run's parts on an engine, and PyTorch's times for the same step. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  loadConfig,
  openSession,
  Stepper,
  type HostBatch,
  type LoadedConfig,
  type Session,
} from '../../core/index.js';
import { currentWorld } from '../../core/world/current.js';
import { builtin } from '../../plugins/index.js';
import { startProgram } from '../run-program.js';
import { repositoryRoot } from '../repository.js';

/** XTasC-Net of some size. */
export interface Setup {
  readonly name: string;
  readonly backbone: number;
  readonly width: number;
  readonly decoder: number;
  readonly transfer: number;
  readonly size: readonly [height: number, width: number];
  readonly batch: number;
}

/** The published widths at half of Cityscapes' training size. */
export const resnet34: Setup = {
  name: 'ResNet34 128×256',
  backbone: 34,
  width: 64,
  decoder: 128,
  transfer: 64,
  size: [128, 256],
  batch: 2,
};

export interface Training {
  readonly session: Session;
  readonly stepper: Stepper;
  /** Loaded and augmented as in a run. */
  batches(count: number): AsyncIterable<HostBatch>;
  dispose(): void;
}

/**
 * @param engine as in a config, e.g. `torch` or `{"name":"torch","precision":"bf16"}`
 * @param changes `key.path=value` on top
 */
export function loadTraining(
  setup: Setup,
  engine: string,
  changes: readonly string[] = [],
): Promise<LoadedConfig> {
  const most = 16;
  const dataset = {
    name: 'scenes',
    size: setup.size,
    train: setup.batch * most,
    labels: ['segmentation', 'depth'],
    depth: 'inverse',
  };
  const overrides = [
    `engine=${engine}`,
    `dataset=${JSON.stringify(dataset)}`,
    `backbone=${JSON.stringify({ name: `resnet${setup.backbone}`, width: setup.width })}`,
    `architecture.decoderChannels=${setup.decoder}`,
    `consistency.transferNet.channels=${setup.transfer}`,
    `train.batchSize=${setup.batch}`,
    ...changes,
  ];
  return loadConfig({ plugins: [builtin], preset: 'xtasc-net', overrides });
}

/** @param loaded see `loadTraining` */
export async function openTraining(loaded: LoadedConfig): Promise<Training> {
  const session = await openSession(loaded, { initialize: true });
  const { config, registry, deps, tasks, model, consistency } = session;
  const weighter = registry.create('weighter', config.weighter, deps);
  weighter.setup({
    tasks: tasks.map(({ name }) => name),
    kinds: tasks.map(({ kind }) => kind),
    seed: 0,
  });
  const optimizer = registry.create('optimizer', config.train.optimizer, deps);
  return {
    session,
    stepper: new Stepper({ model, consistency, weighter, optimizer, clipNorm: null }),
    batches: (count) => firstBatches(session, count),
    dispose: () => {
      optimizer.dispose();
      weighter.dispose();
      session.dispose();
    },
  };
}

async function* firstBatches(session: Session, count: number): AsyncIterable<HostBatch> {
  const { train } = session.config;
  const loader = await session.loading.open('train');
  const loading = loader.batches({
    batchSize: train.batchSize,
    shuffle: { seed: 0, epoch: 0 },
    augment: train.augment === false ? undefined : train.augment,
    share: currentWorld()?.world,
  });
  let given = 0;
  for await (const batch of loading) {
    if (given++ === count) return;
    yield batch;
  }
}

export interface PeerTimes {
  /** ms each, without the first ones. */
  readonly times: readonly number[];
  /** Resident memory at its most, MiB. */
  readonly peak: number;
}

export type PeerFlag = 'channels-last' | 'bf16' | 'tf32' | 'cuda' | 'inference';

/** Which of several ranks a process of PyTorch's is. */
export interface PeerRank {
  readonly rank: number;
  readonly size: number;
  readonly port: number;
}

export interface PeerOptions {
  readonly flags?: readonly PeerFlag[];
  /** By default all cores. */
  readonly threads?: number;
  /** By DistributedDataParallel; the setup's batch is then this rank's part. */
  readonly among?: PeerRank;
}

/** The Python whose PyTorch is measured: the one that the variable PYTHON names, else Debian's. */
export const python = process.env.PYTHON ?? '/usr/bin/python3';

/** PyTorch's, in a process of its own; undefined where Python has none. */
export async function pytorch(
  setup: Setup,
  steps: number,
  { flags = [], threads = availableParallelism(), among }: PeerOptions = {},
): Promise<PeerTimes | undefined> {
  const values = {
    depth: setup.backbone,
    width: setup.width,
    decoder: setup.decoder,
    transfer: setup.transfer,
    height: setup.size[0],
    columns: setup.size[1],
    batch: setup.batch,
    steps,
    threads,
  };
  const options = Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const script = join(repositoryRoot(), 'test', 'bench', 'steps.py');
  const asked = flags.map((flag) => `--${flag}`);
  const environment = among
    ? {
        ...{ RANK: String(among.rank), WORLD_SIZE: String(among.size) },
        ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(among.port) },
      }
    : {};
  const { code, stdout } = await startProgram(python, ['-B', script, ...options, ...asked], {
    ...process.env,
    ...environment,
  }).ended;
  return code === 0 ? (JSON.parse(stdout) as PeerTimes) : undefined;
}
