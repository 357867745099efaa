import { checkConfig, type EngineChoice, type Fragment } from '../config/index.js';
import type { KernelReport } from '../contracts/index.js';
import { Stepper, type StepResult } from '../training/stepper.js';
import { makeOptimizer, makeWeighter, openSession, type Session } from './session.js';

/** What one training step on an engine showed. */
export interface EngineTrial {
  readonly engine: string;
  /** What the step took; a first one takes longer than others. */
  readonly milliseconds: number;
  /** By task. */
  readonly losses: Readonly<Record<string, number>>;
  /** Absent where the engine has every kernel itself. */
  readonly kernels?: TriedKernels;
}

/** Which kernels a training step ran. */
export interface TriedKernels {
  /** How many are the engine's own. */
  readonly own: number;
  /** Those left to JavaScript that the step ran, and how often. */
  readonly ran: Readonly<Record<string, number>>;
  /** Those that would be left to JavaScript. */
  readonly others: readonly string[];
}

/** XTasC-Net, so small that a step is soon done on any engine. */
const small: Fragment = {
  dataset: { name: 'scenes', size: [32, 64], train: 2, labels: ['segmentation', 'depth'] },
  tasks: { segmentation: {}, depth: {} },
  backbone: { name: 'resnet18', width: 8 },
  architecture: { name: 'shared', decoderChannels: 8 },
  consistency: { transferNet: { name: 'ttnet', channels: 8 } },
};

/**
 * Starts an engine and takes one training step on it.
 * @throws MtlError `ENGINE_UNUSABLE`, or whatever the step fails with
 */
export async function tryEngine({ engine, registry, baseFolder }: EngineChoice): Promise<EngineTrial> {
  const config = checkConfig({ ...small, engine }, registry);
  const session = await openSession(
    { config, registry, baseFolder, file: undefined, plugins: [] },
    { initialize: true },
  );
  try {
    const before = await session.engine.kernels?.();
    const { losses, times } = await step(session);
    const after = await session.engine.kernels?.();
    return {
      engine: session.engine.name,
      milliseconds: times.forward + times.backward + times.update,
      losses: Object.fromEntries(Object.entries(losses).map(([task, { total }]) => [task, total])),
      ...(before && after ? { kernels: difference(before, after) } : {}),
    };
  } finally {
    session.dispose();
  }
}

async function step(session: Session): Promise<StepResult> {
  const { model, consistency } = session;
  const [weighter, optimizer] = [makeWeighter(session), makeOptimizer(session)];
  try {
    const loader = await session.loading.open('train');
    const batches = loader.batches({ batchSize: loader.length });
    const { value: batch } = await batches.next();
    return await new Stepper({ model, consistency, weighter, optimizer, clipNorm: null }).step(batch!, 1e-3);
  } finally {
    weighter.dispose();
    optimizer.dispose();
  }
}

function difference(before: KernelReport, after: KernelReport): TriedKernels {
  const counts = Object.entries(after.fallbacks).map(
    ([name, count]) => [name, count - (before.fallbacks[name] ?? 0)] as const,
  );
  return {
    own: after.own,
    ran: Object.fromEntries(counts.filter(([, count]) => count > 0)),
    others: counts.filter(([, count]) => count === 0).map(([name]) => name),
  };
}
