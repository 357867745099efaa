import { expect } from 'chai';
import * as tf from '@tensorflow/tfjs';
import {
  createPart,
  type NamedGradients,
  type PartDefinition,
  type Random,
  type Weighter,
} from '../../../core/index.js';
import {
  adamtWeights,
  dbMtl,
  excessMtl,
  graddrop,
  moco,
  modo,
  sdmgrad,
  trimmedMean,
} from '../../../plugins/weighters/index.js';
import { describeOnEach } from '../../engines.js';
import { relativeError } from '../../oracles/compare.js';
import {
  tensorUpdates,
  weighterCases,
  type GoldenUpdates,
  type WeighterCase,
} from '../../oracles/weighters.js';
import { ready, take } from './fake-problem.js';

const parts = {
  adamt: adamtWeights,
  dbMtl,
  excessMtl,
  moco,
  modo,
  sdmgrad,
  trimmedMean,
} as unknown as Readonly<Record<string, PartDefinition<Weighter>>>;

/** The oracle's names of options, and its form of a method where that is not the paper's: see the methods' comments. */
const forms: Readonly<
  Record<string, { readonly variant?: string; readonly options: (given: Given) => Given }>
> = {
  excessMtl: { options: ({ rate }) => ({ stepSize: rate! }) },
  sdmgrad: {
    variant: 'authors',
    options: ({ lambda, iterations }) => ({ lambda: lambda!, steps: iterations! }),
  },
};

type Given = Readonly<Record<string, string | number | boolean>>;

const softmaxed = 'softmax, gradients of length L';

/** What an entry is made with; undefined where the method has another form. */
function optionsOf({ method, options, variant }: GoldenUpdates): Given | undefined {
  if (method === 'moco' && variant === softmaxed) return { ...options, simplex: 'softmax', normalize: true };
  const form = forms[method];
  if (variant !== form?.variant) return undefined;
  return form ? form.options(options) : options;
}

/** The matrices of one update, in the order in which they come; each task's head has the beginning of its row, another length each. */
function fed({ gradients, losses }: WeighterCase, { roles }: GoldenUpdates, step: number) {
  const indices = roles ? [roles.left, roles.right, roles.update] : [step];
  return indices.map((index) => ({
    losses: losses[index]!,
    gradients: gradients[index]!.map((row, task) => ({
      w: row,
      [`head.task${task}`]: row.slice(0, row.length - task),
    })),
  }));
}

/** Sums of float32 numbers of like size, 50 at most, over three steps. */
const tolerance = 2e-6;
/**
 * Its descent magnifies rounding up to a thousandfold, and the oracle sees to it that this is all; products of 50 float32
 * numbers come with √50 · 2⁻²⁴ of it.
 */
const ofDescent = 1e3 * Math.sqrt(50) * 2 ** -24;

describeOnEach('weighters of the gradients’ values beside SciPy', () => {
  const cases = Object.fromEntries(weighterCases().map((given) => [given.name, given]));
  const entries = tensorUpdates();

  it('have golden values, all of them', () => {
    const found = entries.filter((entry) => optionsOf(entry)).map(({ method }) => method);
    expect(new Set(found)).to.deep.equal(new Set([...Object.keys(parts), 'graddrop']));
  });

  for (const entry of entries) {
    const options = optionsOf(entry);
    if (!options || entry.method === 'graddrop') continue;
    it(`${entry.method} ${JSON.stringify(options)} of ${entry.case}`, async () => {
      const given = cases[entry.case]!;
      const weighter = ready(createPart(parts[entry.method]!, options), given.gradients[0]!.length);
      for (const [step, { d }] of entry.steps.entries()) {
        let found: readonly number[] | undefined;
        for (const one of fed(given, entry, step)) found = (await take(weighter, one)).gradients.w;
        expect(relativeError(found!, d), `relative error of step ${step}`).to.be.at.most(
          entry.method === 'sdmgrad' ? ofDescent : tolerance,
        );
      }
      weighter.dispose();
    });
  }

  for (const entry of entries.filter(({ method }) => method === 'graddrop')) {
    it(`graddrop ${JSON.stringify(entry.options)} of ${entry.case}`, async () => {
      const { gradients, losses, uniform } = cases[entry.case]!;
      const rule = graddrop.rule(graddrop.options.parse(entry.options), gradients[0]!.length);
      const draws = [...uniform];
      const random = { uint32: () => Math.floor(draws.shift()! * 2 ** 32) } as unknown as Random;
      const rows = gradients[0]!.map((row) => ({ w: tf.tensor1d([...row]) }));
      const found = (await rule.combine(rows, { step: 0, losses: losses[0]!, random })) as NamedGradients;
      expect(relativeError(found.w!.dataSync(), entry.steps[0]!.d)).to.be.at.most(tolerance);
      tf.dispose([found, rows]);
    });
  }
});
