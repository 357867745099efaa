import { expect } from 'chai';
import { describeOn } from '../../engines.js';
import { stepsOf, type Steps } from './ranks.js';

const main = {
  equal: { name: 'equal' },
  uncertainty: { name: 'uncertainty' },
  gradnorm: { name: 'gradnorm' },
  pcgrad: { name: 'pcgrad' },
  mgda: { name: 'mgda' },
  upgrad: { name: 'upgrad' },
};

/** Weights that are drawn or follow epochs, rules on tensors, gradients over features and over all parameters. */
const all = {
  ...main,
  dwa: { name: 'dwa' },
  rlw: { name: 'rlw' },
  graddrop: { name: 'graddrop' },
  'upgrad over features': { name: 'upgrad', gradients: 'representation' },
  'pcgrad over all': { name: 'pcgrad', gradients: 'all' },
};

/** Batches of 5, 5 and 2 of 12 samples: uneven parts, and with 3 ranks and more a rank without a sample. */
const overrides = ['dataset.train=12', 'train.batchSize=5', 'distributed.syncBatchNorm=true'];

describeOn('torch', 'several ranks', function () {
  this.timeout(300_000);
  let alone: Readonly<Record<string, Steps>>;
  before(async () => {
    [alone] = (await stepsOf(1, { overrides, weighters: all })) as [Record<string, Steps>];
  });

  for (const [size, weighters] of [
    [2, all],
    [3, main],
    [4, main],
  ] as const) {
    it(`${size} ranks come to what one does with the whole batch, whatever the weighter`, async () => {
      const ranks = await stepsOf(size, { overrides, weighters });
      for (const name of Object.keys(weighters)) {
        const [first, ...others] = ranks.map((steps) => steps[name]!) as [Steps, ...Steps[]];
        const whole = alone[name]!;
        expect(furthest(first.losses.flat(), whole.losses.flat()), `${name}: losses`).to.be.below(1e-5);
        const largest = Math.max(...whole.gradients.map(Math.abs));
        expect(furthest(first.gradients, whole.gradients), `${name}: gradients`).to.be.below(1e-5 * largest);
        expect(furthest(first.parameters, whole.parameters), `${name}: parameters`).to.be.below(1e-5);
        expect(furthest(first.weights, whole.weights), `${name}: weights`).to.be.below(1e-4);
        for (const other of others) {
          // To the bit.
          expect(other.parameters, name).to.deep.equal(first.parameters);
          expect(other.losses, name).to.deep.equal(first.losses);
          expect(other.weights, name).to.deep.equal(first.weights);
        }
        const seen = whole.seen.map((_, step) => [first, ...others].flatMap((steps) => steps.seen[step]!));
        expect(seen, name).to.deep.equal(whole.seen);
        expect(first.held).to.equal(whole.held);
      }
    });
  }

  it('keeps the same moving statistics on every rank without synchronized batch norm, too', async () => {
    const [first, second] = await stepsOf(2, {
      overrides: overrides.slice(0, 2),
      weighters: { equal: 'equal' },
    });
    expect(second!.equal!.parameters).to.deep.equal(first!.equal!.parameters);
  });
});

function furthest(left: readonly number[], right: readonly number[]): number {
  expect(left).to.have.length(right.length);
  return left.reduce((most, value, index) => Math.max(most, Math.abs(value - right[index]!)), 0);
}
