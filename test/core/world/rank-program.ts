/**
 * A process that takes some steps with each of some weighters, alone or as one of several ranks, and writes down what
 * they came to: `node rank-program.js SETTINGS`, as JSON.
 */
import { writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import type { HostBatch, LoadedConfig, Optimizer, PartSpec } from '../../../core/index.js';
import { asRank, takeFirstState } from '../../../core/run/ranks.js';
import { makeOptimizer, makeWeighter, openSession } from '../../../core/run/session.js';
import { Stepper } from '../../../core/training/stepper.js';
import { currentWorld } from '../../../core/world/current.js';
import { load } from '../run/tiny.js';
import type { RankSettings, Steps } from './ranks.js';

const settings = JSON.parse(process.argv[2]!) as RankSettings;

const engine = 'engine={"name":"torch","threads":1}';
const optimizer = 'train.optimizer={"name":"sgd","lr":0.01}';

async function takeSteps(loaded: LoadedConfig): Promise<Steps> {
  const session = await openSession(loaded, { initialize: true });
  const { model, consistency, loading } = session;
  const [weighter, own] = [makeWeighter(session), makeOptimizer(session)];
  const world = currentWorld()?.world;
  if (world) await takeFirstState(world, { model, optimizer: own, weighter });
  const gradients: number[] = [];
  const told: Pick<Optimizer, 'step'> = {
    step(parameters, found, rate) {
      if (gradients.length === 0) gradients.push(...Object.values(found).flatMap((one) => [...one.dataSync()]));
      own.step(parameters, found, rate);
    },
  };
  const stepper = new Stepper({ model, consistency, weighter, optimizer: told, clipNorm: 1 });
  const { batchSize, seed } = loaded.config.train;
  const batches = (await loading.open('train')).batches({
    batchSize,
    shuffle: { seed, epoch: 0 },
    augment: { flip: 0.5, scales: [1, 1.2] },
    share: world,
    dropLone: true,
  });
  const losses: number[][] = [];
  const seen: string[][] = [];
  for await (const batch of batches) {
    seen.push(idsOf(batch));
    const step = await stepper.step(batch, 0.01, { index: losses.length });
    losses.push(Object.values(step.losses).map(({ total }) => total));
    if (losses.length === 1) weighter.endEpoch?.(losses[0]!);
  }
  const values = [...Object.values(model.parameters), ...Object.values(model.statistics)];
  const parameters = values.flatMap((variable) => [...variable.dataSync()]);
  const weights = await weighter.weights();
  const held = tf.memory().numTensors;
  for (const part of [weighter, own, session]) part.dispose();
  return { losses, gradients, seen, parameters, weights, held };
}

function idsOf({ ids, part }: HostBatch): string[] {
  return part?.count === 0 ? [] : [...ids];
}

async function run(): Promise<void> {
  const { file, overrides, weighters, launch } = settings;
  const all: Record<string, Steps> = {};
  const first = await load(engine, optimizer, ...overrides);
  const takeAll = async (): Promise<void> => {
    for (const [name, weighter] of Object.entries(weighters))
      all[name] = await takeSteps(withWeighter(first, weighter));
  };
  await (launch ? asRank(first, launch, takeAll) : takeAll());
  writeFileSync(file, JSON.stringify(all));
}

function withWeighter(loaded: LoadedConfig, weighter: PartSpec): LoadedConfig {
  return { ...loaded, config: { ...loaded.config, weighter } };
}

await run();
process.exit(0);
