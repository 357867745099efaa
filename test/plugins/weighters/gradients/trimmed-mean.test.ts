import { expect } from 'chai';
import fc from 'fast-check';
import { createPart } from '../../../../core/index.js';
import { trimmedMean } from '../../../../plugins/weighters/index.js';
import { describeOnEach } from '../../../engines.js';
import { expectClose, expectEquivariant, expectNoLeak, expectResumes, ready, take } from '../fake-problem.js';

const number = fc.double({ min: -10, max: 10, noNaN: true }).map(Math.fround);
const vector = fc.array(number, { minLength: 4, maxLength: 4 });

describeOnEach('trimmedMean', () => {
  const make = (trim = 1) => createPart(trimmedMean, { trim });

  async function combine(rows: readonly (readonly number[])[], trim?: number): Promise<readonly number[]> {
    const weighter = ready(make(trim), rows.length);
    const { gradients } = await take(weighter, {
      losses: rows.map(() => 1),
      gradients: rows.map((a) => ({ a })),
    });
    weighter.dispose();
    return gradients['a']!;
  }

  it('is the mean of what a sort leaves in the middle', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(vector, { minLength: 5, maxLength: 8 }),
        fc.integer({ min: 0, max: 2 }),
        async (rows, trim) => {
          const wanted = rows[0]!.map((_, index) => {
            const sorted = rows.map((row) => row[index]!).sort((a, b) => a - b);
            const left = sorted.slice(trim, rows.length - trim);
            return left.reduce((total, value) => total + value, 0) / left.length;
          });
          (await combine(rows, trim)).forEach((value, index) =>
            expect(value).to.be.closeTo(wanted[index]!, 1e-5),
          );
        },
      ),
      { numRuns: 50 },
    ));

  it('of identical gradients is that gradient', () =>
    fc.assert(
      fc.asyncProperty(vector, fc.integer({ min: 3, max: 5 }), async (row, tasks) => {
        expectClose(await combine(Array(tasks).fill(row) as number[][]), row, 1e-6);
      }),
      { numRuns: 20 },
    ));

  it('does not feel one outlier, however large', async () => {
    const rows = [
      [1, 2],
      [1.5, 2.5],
      [2, 3],
    ];
    for (const outlier of [1e3, 1e30])
      expect(await combine([...rows, [outlier, outlier]])).to.deep.equal([1.75, 2.75]);
    for (const outlier of [-1e3, -1e30])
      expect(await combine([...rows, [outlier, outlier]])).to.deep.equal([1.25, 2.25]);
  });

  it('counts a task without a gradient as 0', async () => {
    const weighter = ready(make(), 3);
    const { gradients } = await take(weighter, {
      losses: [1, 1, 1],
      gradients: [{ a: [3, -3] }, { a: [5, 5] }, {}],
    });
    expect(gradients['a']).to.deep.equal([3, 0]);
    weighter.dispose();
  });

  it('treats its tasks alike, resumes, and leaves no tensor behind', async () => {
    await expectEquivariant(make);
    await expectResumes(make);
    await expectNoLeak(make);
  });

  it('says how many tasks a trim takes', () => {
    expect(() => ready(make(), 2))
      .to.throw('weighter.trim: expected 0 or less with 2 tasks, found 1; trimming 1 takes 3 tasks')
      .with.property('code', 'CONFIG_INVALID');
    expect(() => make(-1)).to.throw(/trim/);
  });
});
