import { expect } from 'chai';
import fc from 'fast-check';
import { createPart } from '../../../../core/index.js';
import { graddrop } from '../../../../plugins/weighters/index.js';
import { describeOnEach } from '../../../engines.js';
import {
  expectClose,
  expectEquivariant,
  expectNoLeak,
  expectResumes,
  ready,
  steps,
  sum,
  take,
} from '../fake-problem.js';

const vector = fc.array(fc.double({ min: -4, max: 4, noNaN: true }).map(Math.fround), {
  minLength: 6,
  maxLength: 6,
});

/** The signs of twelve coordinates on which two tasks disagree, at seed 3. */
const drawn = '1,1,1,-1,1,1,1,-1,-1,1,-1,1';

describeOnEach('graddrop', () => {
  const make = (leak: number | number[] = 0) => createPart(graddrop, { leak });
  const step = (rows: readonly number[][]) => ({
    losses: rows.map(() => 1),
    gradients: rows.map((a) => ({ a })),
  });

  it('lets through, per coordinate, all contributions of one sign and none of the other', () =>
    fc.assert(
      fc.asyncProperty(fc.array(vector, { minLength: 2, maxLength: 4 }), fc.integer(), async (rows, seed) => {
        const weighter = ready(make(), rows.length, seed);
        const { a } = (await take(weighter, step(rows))).gradients;
        weighter.dispose();
        a!.forEach((found, index) => {
          const values = rows.map((row) => row[index]!);
          const positive = values.filter((value) => value > 0).reduce((x, y) => x + y, 0);
          const negative = values.filter((value) => value < 0).reduce((x, y) => x + y, 0);
          const off = Math.min(Math.abs(found - positive), Math.abs(found - negative));
          expect(off).to.be.at.most(1e-5 * Math.max(positive, -negative));
        });
      }),
    ));

  it('keeps everything where the tasks agree', async () => {
    const weighter = ready(make(), 2);
    const rows = [
      [1, -2, 0, 3e-30],
      [0.5, -1, 0, 1e-30],
    ];
    for (let index = 0; index < 200; index++) {
      const { a } = (await take(weighter, step(rows))).gradients;
      expectClose(a!, [1.5, -3, 0, 4e-30], 1e-6);
      expect(a![3]! / 4e-30).to.be.closeTo(1, 1e-6);
    }
    weighter.dispose();
  });

  it('is the sum of the gradients on average, and positive with probability P', async () => {
    const weighter = ready(make(), 2);
    const count = 20_000;
    const rows = [Array<number>(count).fill(3), Array<number>(count).fill(-1)];
    const { a } = (await take(weighter, step(rows))).gradients;
    // P = ½ (1 + 2/4) = ¾, so 3 in three of four coordinates and −1 in the fourth.
    expect(a!.filter((value) => value === 3).length / count).to.be.closeTo(0.75, 0.01);
    expect(a!.reduce((total, value) => total + value, 0) / count).to.be.closeTo(2, 0.04);
    weighter.dispose();
  });

  it('draws anew at each step, other numbers for each name, and the same on every engine', async () => {
    const weighter = ready(make(), 2, 3);
    const ones = Array<number>(12).fill(1);
    const both = {
      losses: [1, 1],
      gradients: [
        { a: ones, b: ones },
        { a: ones.map((v) => -v), b: ones.map((v) => -v) },
      ],
    };
    const first = (await take(weighter, both)).gradients;
    expect(first['a']).not.to.deep.equal(first['b']);
    expect((await take(weighter, both)).gradients['a']).not.to.deep.equal(first['a']);
    expect(first['a']!.map(Math.sign).join()).to.equal(drawn);
    weighter.dispose();
  });

  it('lets a share through of what is dropped: all of it at a leak of 1', async () => {
    const [given] = steps(1, 3) as [ReturnType<typeof steps>[0]];
    const whole = sum(given.gradients);
    for (const leak of [1, [1, 1, 1]]) {
      const weighter = ready(make(leak), 3);
      expectClose((await take(weighter, given)).gradients['a']!, whole['a']!, 1e-6);
      weighter.dispose();
    }
    const half = ready(make(0.5), 3);
    const dropped = ready(make(0), 3);
    const { a } = (await take(half, given)).gradients;
    const without = (await take(dropped, given)).gradients['a']!;
    expectClose(
      a!,
      without.map((value, index) => 0.5 * value + 0.5 * whole['a']![index]!),
    );
    half.dispose();
    dropped.dispose();
  });

  it('leaves the heads alone', async () => {
    const [given] = steps(1, 3) as [ReturnType<typeof steps>[0]];
    const weighter = ready(make(), 3);
    expectClose(
      (await take(weighter, given)).gradients['head.task1']!,
      given.gradients[1]!['head.task1']!,
      1e-7,
    );
    weighter.dispose();
  });

  it('treats its tasks alike, resumes, and leaves no tensor behind', async () => {
    await expectEquivariant(make);
    await expectResumes(make);
    await expectResumes(() => make([0, 0.5, 1]));
    await expectNoLeak(make);
  });

  it('refuses a leak outside [0, 1], or of other tasks', () => {
    expect(() => make(1.5)).to.throw(/leak/);
    expect(() => ready(make([0.5]), 2)).to.throw(
      'weighter.leak: expected one number, or 2: one per task, found 1',
    );
  });
});
