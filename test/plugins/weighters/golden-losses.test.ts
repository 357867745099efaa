import { expect } from 'chai';
import * as tf from '@tensorflow/tfjs';
import {
  createPart,
  type PartDefinition,
  type Random,
  type Weighter,
  type WeighterContext,
} from '../../../core/index.js';
import { dwa, famo, gls, gradnorm, imtlL, rlw, stch } from '../../../plugins/weighters/index.js';
import { describeOn } from '../../engines.js';
import { lossWeights, type GoldenWeights, type LossSequence } from '../../oracles/weighters.js';
import { expectClose, FakeProblem, ready, take, taskNames } from './fake-problem.js';

const parts = { dwa, famo, gls, gradnorm, stch } as unknown as Readonly<
  Record<string, PartDefinition<Weighter>>
>;

type Given = Readonly<Record<string, string | number>>;

/** The oracle's form of a method and its names of options: see the methods' comments. */
const forms: Readonly<
  Record<string, { readonly variant?: string; readonly options?: (given: Given) => Given }>
> = {
  famo: { variant: 'adam', options: ({ rate, decay }) => ({ lr: rate!, gamma: decay! }) },
  gradnorm: { variant: 'adam', options: ({ alpha, rate }) => ({ alpha: alpha!, lr: rate! }) },
  // The oracle counts the epochs of the warm-up from 0.
  stch: { variant: 'log', options: ({ mu, warmup }) => ({ mu: mu!, warmupEpochs: Number(warmup) + 1 }) },
  rlw: { variant: 'times T' },
};

describeOn('wasm', 'loss weightings beside SciPy and PyTorch', () => {
  const { entries, sequences, stepsPerEpoch } = lossWeights();
  const given = (tasks: number): LossSequence => sequences.find((one) => one.tasks === tasks)!;
  const wanted = entries.filter(({ method, variant }) => variant === forms[method]?.variant);
  const context = (tasks: number): WeighterContext => ({
    tasks: taskNames(tasks),
    kinds: taskNames(tasks).map(() => 'regression'),
    seed: 0,
  });

  it('have golden values, all of them', () => {
    const found = new Set(wanted.map(({ method }) => method));
    expect(found).to.deep.equal(new Set([...Object.keys(parts), 'rlw', 'imtlL']));
  });

  for (const entry of wanted.filter(({ method }) => method in parts)) {
    const options = forms[entry.method]?.options?.(entry.options) ?? entry.options;
    it(`${entry.method} ${JSON.stringify(options)}, ${entry.tasks} tasks`, () => follow(entry, options));
  }

  /** All steps of a sequence, with what the methods look at. */
  async function follow({ method, tasks, weights }: GoldenWeights, options: Given): Promise<void> {
    const { before, after, norms, epochMeans } = given(tasks);
    const weighter = ready(createPart(parts[method]!, options), tasks);
    for (const [step, losses] of before.entries()) {
      const gradients = norms[step]!.map((norm) => ({ w: [norm] }));
      await take(weighter, { losses, gradients, after: after[step]! });
      expectClose(await weighter.weights(), weights[step]!, 1e-9);
      if ((step + 1) % stepsPerEpoch === 0) weighter.endEpoch?.(epochMeans[(step + 1) / stepsPerEpoch - 1]!);
    }
    weighter.dispose();
  }

  for (const { tasks, weights } of wanted.filter(({ method }) => method === 'rlw')) {
    it(`rlw of given draws, ${tasks} tasks`, async () => {
      const rule = rlw.rule({ distribution: 'normal' }, context(tasks));
      for (const [step, normals] of given(tasks).normals.entries()) {
        const draws = [...normals];
        const random = { normal: () => draws.shift()! } as unknown as Random;
        const problem = new FakeProblem({ losses: normals, gradients: normals.map(() => ({})) });
        expectClose(await rule.weigh(problem, random), weights[step]!, 1e-9);
      }
    });
  }

  for (const { tasks, weights, gradients } of wanted.filter(({ method }) => method === 'imtlL')) {
    it(`imtlL, ${tasks} tasks: weights, and the gradients of its own parameters`, async () => {
      const { before, normals } = given(tasks);
      const weighter = ready(createPart(imtlL), tasks);
      for (const [step, scales] of normals.entries()) {
        tf.tidy(() =>
          Object.values(weighter.parameters).forEach((variable, task) =>
            variable.assign(tf.scalar(scales[task]!)),
          ),
        );
        const { gradients: found } = await take(weighter, {
          losses: before[step]!,
          gradients: scales.map(() => ({})),
        });
        // Its parameters are float32.
        expectClose(await weighter.weights(), weights[step]!, 1e-6);
        const own = taskNames(tasks).map((task) => found[`logScale.${task}`]![0]!);
        expectClose(own, gradients![step]!, 1e-6);
      }
      weighter.dispose();
    });
  }
});
