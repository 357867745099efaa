/** A small XTasC-Net's losses and gradients on an engine. */
import * as tf from '@tensorflow/tfjs';
import {
  createPart,
  openSession,
  Stepper,
  type HostBatch,
  type NamedGradients,
  type Optimizer,
  type PartSpec,
  type Session,
} from '../../../core/index.js';
import { equal } from '../../../plugins/weighters/index.js';
import { load } from '../../core/run/tiny.js';

export interface NetworkPass {
  /** L_t by task. */
  readonly losses: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  /** How many tensors a whole pass leaves. */
  readonly left: number;
}

/** Changes nothing and keeps the gradients. */
class Recorder implements Optimizer {
  readonly learningRate = 0;
  readonly state = { tensors: {}, values: {} };
  private kept: Readonly<Record<string, tf.Tensor>> = {};

  restore(): void {}

  step(_: unknown, gradients: NamedGradients): void {
    const copies = Object.entries(gradients).map(([name, gradient]) => [name, gradient.clone()] as const);
    this.kept = Object.fromEntries(copies);
  }

  async gradients(): Promise<Record<string, readonly number[]>> {
    const read = Object.entries(this.kept).map(
      async ([name, gradient]) => [name, Array.from(await gradient.data())] as const,
    );
    return Object.fromEntries(await Promise.all(read));
  }

  dispose(): void {
    tf.dispose(Object.values(this.kept));
  }
}

/** The first two samples of a session's training split. */
export async function firstBatch({ loading }: Session): Promise<HostBatch> {
  const loader = await loading.open('train');
  const { value } = await loader.batches({ batchSize: 2 }).next();
  return value!;
}

/** @param engine as in a config */
async function pass(engine: PartSpec, size: string): Promise<NetworkPass> {
  const loaded = await load(`dataset.size=${size}`, `engine=${JSON.stringify(engine)}`);
  const before = tf.memory().numTensors;
  const session = await openSession(loaded, { initialize: true });
  const batch = await firstBatch(session);
  const [weighter, optimizer] = [createPart(equal), new Recorder()];
  weighter.setup({
    tasks: session.tasks.map(({ name }) => name),
    kinds: session.tasks.map(({ kind }) => kind),
    seed: 0,
  });
  const { losses } = await new Stepper({ ...session, weighter, optimizer, clipNorm: null }).step(batch, 0);
  const gradients = await optimizer.gradients();
  for (const part of [session, weighter, optimizer]) part.dispose();
  return {
    losses: Object.fromEntries(Object.entries(losses).map(([task, { total }]) => [task, total])),
    gradients,
    left: tf.memory().numTensors - before,
  };
}

/** Flat enough that the coarsest features are one row: upsampling meets an axis with a single input. */
export const flatPass = (engine: PartSpec): Promise<NetworkPass> => pass(engine, '[32,64]');

export const squarePass = (engine: PartSpec): Promise<NetworkPass> => pass(engine, '[64,64]');
