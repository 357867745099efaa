import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  Stepper,
  type HostBatch,
  type Optimizer,
  type PartSpec,
  type StepResult,
  type Weighter,
} from '../../../core/index.js';
import {
  buildGolden,
  golden,
  goldenBatch,
  main,
  offers,
  registry,
  type GoldenNetwork,
} from '../model/golden.js';
import { describeOnEach } from '../../engines.js';

const withConsistency = main.options;
const withoutConsistency = { ...withConsistency, consistency: 'none' } as const;

/** A batch whose depth maps are changed: `value` and `mask` of each pixel, by the sample that it is in. */
function withDepth(change: (sample: number, at: number) => { value?: number; mask?: number }): HostBatch {
  const batch = goldenBatch();
  const { value, mask, shape } = batch.targets.depth!;
  const pixels = shape[1] * shape[2];
  const changed = { value: value.slice(), mask: mask.slice(), shape };
  value.forEach((_, at) => {
    const { value: newValue, mask: newMask } = change(Math.floor(at / pixels), at);
    if (newValue !== undefined) changed.value[at] = newValue;
    if (newMask !== undefined) changed.mask[at] = newMask;
  });
  return { ...batch, targets: { ...batch.targets, depth: changed } };
}

interface Setup {
  readonly network: GoldenNetwork;
  readonly optimizer: Optimizer;
  readonly stepper: Stepper;
}

function setUp(
  options = withConsistency,
  { optimizer: spec = 'sgd', weighter }: { optimizer?: string; weighter?: Weighter } = {},
): Setup {
  const network = buildGolden(options);
  const optimizer = registry.create('optimizer', spec, offers());
  const { model, consistency } = network;
  const stepper = new Stepper({
    model,
    consistency,
    weighter: weighter ?? network.weighter,
    optimizer,
    clipNorm: null,
  });
  return { network, optimizer, stepper };
}

function tearDown({ network, optimizer }: Setup): void {
  network.dispose();
  optimizer.dispose();
}

function valuesOf({ network }: Setup): Record<string, tf.TypedArray> {
  const { model, weighter } = network;
  const all = Object.entries({ ...model.parameters, ...weighter.parameters });
  return Object.fromEntries(all.map(([name, variable]) => [name, variable.dataSync().slice()]));
}

/** One step from the start: its losses, and the parameters after it. */
async function stepFrom(
  batch: HostBatch,
  options = withConsistency,
): Promise<{ losses: StepResult['losses']; after: ReturnType<typeof valuesOf> }> {
  const setup = setUp(options);
  const { losses } = await setup.stepper.step(batch, 0.05);
  const after = valuesOf(setup);
  tearDown(setup);
  return { losses, after };
}

async function failure(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  return expect.fail('nothing was thrown');
}

/** Those that have to be told something for two tasks. */
const specs: Readonly<Record<string, PartSpec>> = {
  constant: { name: 'constant', weights: [1, 2] },
  trimmedMean: { name: 'trimmedMean', trim: 0 },
};

describeOnEach('Stepper', () => {
  for (const name of registry.names('weighter')) {
    // It takes three tasks.
    if (name === 'krum') continue;
    it(`keeps the number of tensors: ${name}`, async () => {
      const weighter = registry.create('weighter', specs[name] ?? name, offers());
      weighter.setup({
        tasks: ['segmentation', 'depth'],
        kinds: ['classification', 'regression'],
        seed: 0,
      });
      // Consistency does not depend on the weighter.
      const options = name === 'uncertainty' ? withConsistency : withoutConsistency;
      const setup = setUp(options, { weighter, optimizer: 'adam' });
      const counts: number[] = [];
      for (const index of [0, 1, 2, 3, 4, 5]) {
        await setup.stepper.step(goldenBatch(index), 1e-3);
        counts.push(tf.memory().numTensors);
      }
      // The first update makes the optimizer's moments. Some methods make one of three steps.
      expect(counts[5], counts.join()).to.equal(counts[2]);
      weighter.dispose();
      tearDown(setup);
    });
  }

  it('frees all that it took', async () => {
    const before = tf.memory().numTensors;
    await stepFrom(goldenBatch());
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('a sample without depth has no influence on depth, whatever stands in its place', async () => {
    const lacking = (value: number): HostBatch =>
      withDepth((sample) => (sample === 1 ? { value, mask: 0 } : {}));
    const [zeros, others] = [await stepFrom(lacking(0)), await stepFrom(lacking(1e6))];
    expect(others).to.deep.equal(zeros);
    expect(zeros.losses.depth!.direct).to.not.equal((await stepFrom(goldenBatch())).losses.depth!.direct);
  });

  it('a batch without depth leaves the depth decoder as it is', async () => {
    const batch = withDepth(() => ({ value: 0, mask: 0 }));
    const setup = setUp(withoutConsistency);
    const before = valuesOf(setup);
    const { losses } = await setup.stepper.step(batch, 0.05);
    const after = valuesOf(setup);
    expect(losses.depth).to.deep.equal({ total: 0, direct: 0, transferred: {} });
    for (const [name, values] of Object.entries(after)) {
      expect(values.every(Number.isFinite), name).to.equal(true);
      if (name.startsWith('decoder.depth.')) expect(values, name).to.deep.equal(before[name]);
    }
    expect(after['encoder.conv1.kernel']).to.not.deep.equal(before['encoder.conv1.kernel']);
    tearDown(setup);
  });

  it('a batch without depth still teaches consistency', async () => {
    const { losses, after } = await stepFrom(withDepth(() => ({ value: 0, mask: 0 })));
    const wanted = await stepFrom(goldenBatch());
    expect(losses.depth!.direct).to.equal(0);
    expect(losses.depth!.transferred).to.deep.equal(wanted.losses.depth!.transferred);
    for (const [name, values] of Object.entries(after))
      expect(values.every(Number.isFinite), name).to.equal(true);
  });

  it('without round trips nothing is said of them', async () => {
    const { losses } = await stepFrom(goldenBatch(), { ...withConsistency, cycles: 0 });
    for (const terms of Object.values(losses))
      expect(terms).to.have.all.keys('total', 'direct', 'transferred');
  });

  it('tells the round trips’ losses beside the others, and weighs them', async () => {
    const { losses } = await stepFrom(goldenBatch(), { ...withConsistency, cycles: 0.5 });
    for (const [task, other] of [
      ['segmentation', 'depth'],
      ['depth', 'segmentation'],
    ] as const) {
      const { total, direct, transferred, cycled } = losses[task]!;
      expect(Object.keys(cycled!)).to.deep.equal([other]);
      const lambda = golden.inputs.lambda[task]!;
      const terms = transferred[other]! + 0.5 * cycled![other]!;
      expect(total).to.be.closeTo((1 - lambda) * direct + lambda * terms, 1e-6 * total);
    }
  });

  it('names a round trip’s loss where a loss is no number', async () => {
    const setup = setUp({ ...withConsistency, cycles: 0.5 });
    const broken = withDepth((_, at) => (at === 7 ? { value: NaN, mask: 1 } : {}));
    const { message } = await failure(setup.stepper.step(broken, 0.05));
    expect(message).to.match(/direct NaN, to segmentation [\d.]+, back from segmentation [\d.]+\)/);
    tearDown(setup);
  });

  for (const value of [Infinity, NaN]) {
    it(`refuses a loss of ${value}, naming its task, and changes no parameter`, async () => {
      const setup = setUp();
      await setup.stepper.step(goldenBatch(), 0.05);
      const before = valuesOf(setup);
      const tensors = tf.memory().numTensors;
      const broken = withDepth((_, at) => (at === 7 ? { value, mask: 1 } : {}));
      const error = await failure(setup.stepper.step(broken, 0.05));
      expect(error).to.include({ name: 'MtlError', code: 'LOSS_NOT_FINITE' });
      expect(error.message).to.match(
        new RegExp(`^The loss of task "depth" is ${value} \\(direct ${value}, to segmentation [\\d.]+\\)`),
      );
      expect(error.message).to.include('train.optimizer.lr');
      expect(valuesOf(setup)).to.deep.equal(before);
      expect(tf.memory().numTensors, 'tensors left').to.equal(tensors);
      tearDown(setup);
    });
  }

  it('clips the gradients together to a norm', async () => {
    const moved = async (clipNorm: number | null): Promise<number> => {
      const setup = setUp();
      const { model, consistency, weighter } = setup.network;
      const before = valuesOf(setup);
      await new Stepper({ model, consistency, weighter, optimizer: setup.optimizer, clipNorm }).step(
        goldenBatch(),
        1,
      );
      const squares = Object.entries(valuesOf(setup)).map(([name, values]) =>
        (values as Float32Array).reduce((sum, value, place) => sum + (value - before[name]![place]!) ** 2, 0),
      );
      tearDown(setup);
      return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    };
    // With SGD at a rate of 1 the way that the parameters go is the gradient.
    const free = await moved(null);
    expect(free).to.be.above(0.5);
    expect(await moved(0.25)).to.be.closeTo(0.25, 1e-4);
    expect(await moved(10 * free)).to.be.closeTo(free, 1e-6);
  });
});
