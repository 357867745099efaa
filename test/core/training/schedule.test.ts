import { expect } from 'chai';
import fc from 'fast-check';
import { learningRateFactor, scheduleSchema, type Schedule } from '../../../core/index.js';

const parse = (schedule: unknown): Schedule => scheduleSchema.parse(schedule);
const factors = (schedule: unknown, epochs: number, positions: readonly number[]): number[] =>
  positions.map((epoch) => learningRateFactor(parse(schedule), { epoch, epochs }));

describe('learningRateFactor', () => {
  it('is 1 throughout for constant', () => {
    expect(factors({ name: 'constant' }, 10, [0, 3.7, 10])).to.deep.equal([1, 1, 1]);
  });

  it('multiplies by the factor at every drop of step, and nowhere between', () => {
    const halved = { name: 'step', every: 80, factor: 0.5 };
    expect(factors(halved, 250, [0, 79.99, 80, 159, 160, 249])).to.deep.equal([1, 1, 0.5, 0.5, 0.25, 0.125]);
  });

  it('goes down half a cosine', () => {
    const [start, third, half, end] = factors({ name: 'cosine', minFactor: 0.2 }, 12, [0, 4, 6, 12]);
    expect(start).to.equal(1);
    expect(third).to.be.closeTo(0.2 + 0.8 * 0.75, 1e-12);
    expect(half).to.be.closeTo(0.6, 1e-12);
    expect(end).to.equal(0.2);
  });

  it('goes down a power of what is left', () => {
    expect(factors({ name: 'polynomial', power: 2, minFactor: 0.5 }, 4, [0, 1, 2, 4])).to.deep.equal([
      1,
      0.5 + 0.5 * 0.5625,
      0.625,
      0.5,
    ]);
    expect(factors({ name: 'polynomial' }, 10, [5])[0]).to.be.closeTo(0.5 ** 0.9, 1e-12);
  });

  it('warms up linearly, and the schedule begins where that ends', () => {
    const warmup = { epochs: 4, start: 0.25 };
    expect(factors({ name: 'constant', warmup }, 10, [0, 1, 2, 4, 9])).to.deep.equal([
      0.25, 0.4375, 0.625, 1, 1,
    ]);
    const step = { name: 'step', every: 3, factor: 0.1, warmup };
    expect(factors(step, 12, [3.5, 4, 6.9, 7, 10])).to.deep.equal([0.90625, 1, 1, 0.1, 0.1 ** 2]);
    const [half] = factors({ name: 'cosine', warmup }, 12, [8]);
    expect(half).to.be.closeTo(0.5, 1e-12);
    expect(factors({ name: 'constant', warmup: { epochs: 1 } }, 5, [0])).to.deep.equal([0.1]);
  });

  it('stays at the end of the schedule after the last epoch', () => {
    expect(factors({ name: 'cosine', minFactor: 0.25 }, 10, [10, 11, 20])).to.deep.equal([0.25, 0.25, 0.25]);
    expect(factors({ name: 'polynomial' }, 10, [11])).to.deep.equal([0]);
    expect(factors({ name: 'cosine', warmup: { epochs: 20, start: 0.5 } }, 10, [10, 20])).to.deep.equal([
      0.75, 0,
    ]);
  });

  describe('for any schedule', () => {
    const unit = { noNaN: true, noDefaultInfinity: true } as const;
    const warmups = fc.option(
      fc.record({
        epochs: fc.double({ min: 0.1, max: 8, ...unit }),
        start: fc.double({ min: 0.001, max: 1, ...unit }),
      }),
      { nil: undefined },
    );
    const minFactor = fc.double({ min: 0, max: 1, ...unit });
    const schedules = warmups.chain((warmup) =>
      fc
        .oneof(
          fc.constant({ name: 'constant' }),
          fc.record({
            name: fc.constant('step'),
            every: fc.integer({ min: 1, max: 5 }),
            factor: fc.double({ min: 0.01, max: 1, ...unit }),
          }),
          fc.record({ name: fc.constant('cosine'), minFactor }),
          fc.record({
            name: fc.constant('polynomial'),
            minFactor,
            power: fc.double({ min: 0.1, max: 4, ...unit }),
          }),
        )
        .map((schedule) => parse(warmup ? { ...schedule, warmup } : schedule)),
    );
    const epochs = 10;
    const grid = Array.from({ length: 201 }, (_, index) => index / 20);

    it('is within [0, 1], rises in the warm-up to 1 and falls from there', () => {
      fc.assert(
        fc.property(schedules, (schedule) => {
          const warm = schedule.warmup?.epochs ?? 0;
          expect(learningRateFactor(schedule, { epoch: warm, epochs })).to.equal(1);
          if (schedule.warmup) {
            expect(learningRateFactor(schedule, { epoch: 0, epochs })).to.equal(schedule.warmup.start);
          }
          let before = { epoch: 0, factor: learningRateFactor(schedule, { epoch: 0, epochs }) };
          for (const epoch of grid) {
            const factor = learningRateFactor(schedule, { epoch, epochs });
            expect(factor).to.be.within(0, 1 + 1e-12);
            if (epoch <= warm) expect(factor).to.be.at.least(before.factor);
            if (before.epoch >= warm) expect(factor).to.be.at.most(before.factor);
            before = { epoch, factor };
          }
        }),
      );
    });

    it('ends at the smallest factor', () => {
      fc.assert(
        fc.property(schedules, (schedule) => {
          if (!('minFactor' in schedule)) return;
          expect(learningRateFactor(schedule, { epoch: epochs, epochs })).to.be.closeTo(
            schedule.minFactor,
            1e-12,
          );
        }),
      );
    });
  });
});

describe('scheduleSchema', () => {
  it('fills in what is left out', () => {
    expect(parse({ name: 'polynomial', warmup: { epochs: 2 } })).to.deep.equal({
      name: 'polynomial',
      power: 0.9,
      minFactor: 0,
      warmup: { epochs: 2, start: 0.1 },
    });
  });

  for (const [what, schedule] of [
    ['an unknown name', { name: 'linear' }],
    ['a key of another schedule', { name: 'constant', every: 3 }],
    ['a step without its length', { name: 'step', factor: 0.5 }],
    ['a length of 0', { name: 'step', every: 0, factor: 0.5 }],
    ['a factor that raises the rate', { name: 'step', every: 1, factor: 2 }],
    ['a warm-up from above', { name: 'constant', warmup: { epochs: 1, start: 1.5 } }],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(scheduleSchema.safeParse(schedule).success).to.be.false;
    });
  }
});
