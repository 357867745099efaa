import { expect } from 'chai';
import { container } from 'tsyringe';
import { createToken, RunContainer } from '../../../core/index.js';
import { failureOf } from '../fakes.js';

const first = createToken<string>('the first');
const second = createToken<readonly number[]>('the second');

describe('RunContainer', () => {
  it('gives what was provided, by token, the same value every time', () => {
    const values = [1, 2];
    const deps = new RunContainer().provide(first, 'a').provide(second, values);
    expect(deps.get(first)).to.equal('a');
    expect(deps.get(second)).to.equal(values);
    expect(deps.has(first)).to.be.true;
  });

  it('gives values that look like nothing, too', () => {
    const zero = createToken<number>('zero');
    const deps = new RunContainer().provide(first, '').provide(zero, 0);
    expect(deps.get(first)).to.equal('');
    expect(deps.get(zero)).to.equal(0);
  });

  it('knows a token by its description: a plugin may bring its own copy of the module', () => {
    const deps = new RunContainer().provide(first, 'a');
    expect(deps.get(createToken<string>('the first'))).to.equal('a');
  });

  it('says what is missing and what there is', async () => {
    const empty = await failureOf(() => new RunContainer().get(first));
    expect(empty.code).to.equal('DEPENDENCY_MISSING');
    expect(empty.message).to.equal(
      'A plugin asked for the first, which this run does not offer here; it offers: nothing',
    );
    const other = await failureOf(() => new RunContainer().provide(first, 'a').get(second));
    expect(other.message).to.equal(
      'A plugin asked for the second, which this run does not offer here; it offers: the first',
    );
  });

  it('provides once', () => {
    const deps = new RunContainer().provide(first, 'a');
    expect(() => deps.provide(first, 'b')).to.throw('the first is already provided');
    expect(deps.get(first)).to.equal('a');
  });

  it('shares nothing with another run in the process, nor with the global container', () => {
    const deps = new RunContainer().provide(first, 'a');
    const other = new RunContainer();
    expect(other.has(first)).to.be.false;
    expect(() => other.get(first)).to.throw('does not offer');
    other.provide(first, 'b');
    expect([deps.get(first), other.get(first)]).to.deep.equal(['a', 'b']);
    expect(container.isRegistered('the first', true)).to.be.false;
  });

  it('does not give what something else put into the global container', () => {
    container.register('the first', { useValue: 'global' });
    try {
      expect(() => new RunContainer().get(first)).to.throw('does not offer');
      expect(new RunContainer().provide(first, 'own').get(first)).to.equal('own');
    } finally {
      container.reset();
    }
  });
});
