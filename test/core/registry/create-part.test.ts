import { expect } from 'chai';
import { z } from 'zod';
import { createPart, createToken, definePart, partSpec, RunContainer } from '../../../core/index.js';
import { failureOf } from '../fakes.js';

const offset = createToken<number>('the offset');

const adder = definePart({
  description: 'Adds.',
  options: z.object({ by: z.number().default(1), loss: partSpec('loss').optional() }),
  create:
    ({ by }, deps) =>
    (value: number): number =>
      value + by + (deps.has(offset) ? deps.get(offset) : 0),
});

describe('createPart', () => {
  it('makes a part from its options, or from none', () => {
    expect(createPart(adder)(1)).to.equal(2);
    expect(createPart(adder, { by: 5 })(1)).to.equal(6);
    expect(createPart(adder, {}, new RunContainer().provide(offset, 100))(1)).to.equal(102);
  });

  it('refuses wrong options, and unknown ones even where the schema would drop them', async () => {
    const wrong = { by: 'x', bye: 2, loss: 5 } as unknown as { by: number };
    const error = await failureOf(() => createPart(adder, wrong));
    expect(error.code).to.equal('CONFIG_INVALID');
    expect(error.message.split('\n')).to.deep.equal([
      'by: expected a number, found "x"',
      'loss: expected the name of a part, or { name, …options }, found 5',
      'bye: expected one of the keys by, loss, found "bye"; did you mean "by"?',
    ]);
  });
});
