import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { Stepper, type HostBatch, type StepResult } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { expectTensor } from '../../oracles/compare.js';
import { readJson, readTensors } from '../../oracles/values.js';
import {
  buildGolden,
  goldenBatch,
  offers,
  registry,
  type GoldenNetwork,
  type Losses,
} from '../model/golden.js';

interface Step extends Losses {
  readonly logVariance: Readonly<Record<string, number>>;
}

interface Curve {
  readonly steps: readonly Step[];
  readonly logVarianceAfter: Readonly<Record<string, number>>;
}

/** The batch of all steps of SGD, see test/oracles/network.py. */
const sgdBatch = 0;

const curves = readJson('training.json') as Readonly<Record<'sgd' | 'adam' | 'dampedAdam', Curve>>;

/** Relative errors that a step's losses may have. */
interface Tolerance {
  /** L_t; s_t absolutely. */
  readonly task: number;
  /** The terms that L_t is made of. */
  readonly term: number;
}

/**
 * Adam moves a parameter by the learning rate however small its gradient, so that rounding may choose the direction. From
 * the third step on, twice the worst that noise of 2^-21 in every layer of PyTorch's float64 does to the losses in forty
 * runs (test/oracles/precision.py). PyTorch's float32 does as much, in one layout or with the last bit of the image changed.
 */
function adamTolerance(step: number): Tolerance {
  if (step < 2) return { task: 1e-6, term: 1e-6 };
  if (step < 5) return { task: 8e-5, term: 5e-4 };
  return step < 10 ? { task: 7e-4, term: 5.5e-3 } : { task: 2.5e-3, term: 1.7e-2 };
}

interface Run {
  readonly network: GoldenNetwork;
  readonly optimizer: { readonly name: string; readonly [option: string]: unknown };
  readonly learningRate: number;
  readonly batch: (step: number) => HostBatch;
  readonly tolerance: (step: number) => Tolerance;
}

/** Takes a curve's steps as a run does, and expects its losses before and its log variances around each. */
async function follow(run: Run, curve: Curve): Promise<void> {
  const { network, optimizer: spec, learningRate, batch, tolerance } = run;
  const { model, consistency, weighter } = network;
  const optimizer = registry.create('optimizer', { ...spec, lr: learningRate }, offers());
  const stepper = new Stepper({ model, consistency, weighter, optimizer, clipNorm: null });
  const logVariance = (task: string): number => weighter.parameters[`logVariance.${task}`]!.dataSync()[0]!;
  for (const [index, wanted] of curve.steps.entries()) {
    for (const [task, value] of Object.entries(wanted.logVariance)) {
      expect(logVariance(task), `s of ${task} before step ${index}`).to.be.closeTo(
        value,
        tolerance(index).task,
      );
    }
    expectStep(await stepper.step(batch(index), learningRate), wanted, index, tolerance(index));
  }
  for (const [task, value] of Object.entries(curve.logVarianceAfter)) {
    expect(logVariance(task), `s of ${task} at the end`).to.be.closeTo(
      value,
      tolerance(curve.steps.length).task,
    );
  }
  optimizer.dispose();
}

function expectStep(
  { losses }: StepResult,
  wanted: Losses,
  index: number,
  { task: ofTask, term }: Tolerance,
): void {
  const expectLoss = (found: number, value: number, what: string, tolerance = term): void => {
    expect(Math.abs(found - value) / value, `${what} in step ${index}`).to.be.at.most(tolerance);
  };
  for (const [task, { total, direct, transferred }] of Object.entries(losses)) {
    expectLoss(total, wanted.task[task]!, `L of ${task}`, ofTask);
    expectLoss(direct, wanted.direct[task]!, `direct loss of ${task}`);
    for (const [to, value] of Object.entries(transferred)) {
      expectLoss(value, wanted.transferred[`${task}-${to}`]!, `${task}-${to}`);
    }
  }
}

describeOnEach('training as PyTorch does it', () => {
  let network: GoldenNetwork;

  beforeEach(() => {
    network = buildGolden();
  });

  afterEach(() => {
    network.dispose();
  });

  it('three steps of SGD: losses, moving statistics, and predictions that use them', async () => {
    const batch = goldenBatch(sgdBatch);
    const run = {
      network,
      optimizer: { name: 'sgd' },
      learningRate: 0.05,
      batch: () => batch,
      tolerance: () => ({ task: 1e-6, term: 1e-6 }),
    };
    await follow(run, curves.sgd);
    const wanted = readTensors('network-statistics.safetensors');
    const { model } = network;
    const statistics = Object.entries(model.state.tensors).filter(([name]) => name.includes('.moving'));
    expect(statistics).to.have.lengthOf(
      Object.keys(wanted).filter((name) => name.includes('.moving')).length,
    );
    // Noise of 2^-21 in every layer of PyTorch's float64 moves the statistics by 7e-6 and the predictions by 1.4e-6.
    for (const [name, found] of statistics) expectTensor(found, wanted[name]!, 1e-5, name);
    tf.tidy(() => {
      const { image, shape } = batch;
      const first = tf.tensor4d(image, [...shape]).slice(0, 1);
      const { direct, transferred } = model.forward(first, { training: false, transfer: false });
      for (const [task, prediction] of Object.entries(direct)) {
        expectTensor(prediction, wanted[`inference.${task}`]!, 5e-6, task);
      }
      expect(transferred).to.be.empty;
    });
  });

  it('twenty steps of Adam on changing batches', async () => {
    const run = {
      network,
      optimizer: { name: 'adam', betas: [0.9, 0.99], eps: 1e-8 },
      learningRate: 1e-3,
      batch: (step: number) => goldenBatch(step),
      tolerance: adamTolerance,
    };
    await follow(run, curves.adam);
  });

  it('twenty steps of Adam whose large ε keeps what rounding changes small', async () => {
    const run = {
      network,
      optimizer: { name: 'adam', betas: [0.9, 0.99], eps: 0.1 },
      learningRate: 3e-4,
      batch: (step: number) => goldenBatch(step),
      // Noise of 2^-21 in every layer of PyTorch's float64 moves single terms by 1.3e-6.
      tolerance: () => ({ task: 2e-6, term: 2e-6 }),
    };
    await follow(run, curves.dampedAdam);
  });

  it('two runs agree to the bit', async () => {
    const run = async (): Promise<readonly unknown[]> => {
      const own = buildGolden();
      const optimizer = registry.create('optimizer', 'adam', offers());
      const stepper = new Stepper({ ...own, optimizer, clipNorm: 1 });
      const steps = [await stepper.step(goldenBatch(0), 1e-3), await stepper.step(goldenBatch(1), 1e-3)];
      own.dispose();
      optimizer.dispose();
      return steps.map(({ losses }) => losses);
    };
    expect(await run()).to.deep.equal(await run());
  });
});
