import { expect } from 'chai';
import { closest, didYouMean } from '../../core/text.js';

describe('closest', () => {
  const optimizers = ['adam', 'adamw', 'sgd'];

  it('finds the word that was meant', () => {
    const table: readonly (readonly [word: string, candidates: readonly string[], meant: string])[] = [
      ['adma', optimizers, 'adam'],
      ['Adam', optimizers, 'adam'],
      ['sdg', optimizers, 'sgd'],
      ['uncertanty', ['equal', 'uncertainty'], 'uncertainty'],
      ['epcohs', ['epochs', 'batchSize'], 'epochs'],
      ['batch_size', ['epochs', 'batchSize'], 'batchSize'],
    ];
    for (const [word, candidates, meant] of table) expect(closest(word, candidates)).to.equal(meant);
  });

  it('prefers the nearest, and the first of equals', () => {
    expect(closest('adamx', ['adamw', 'adam'])).to.equal('adamw');
    expect(closest('adamw', ['adam', 'adamw'])).to.equal('adamw');
  });

  it('guesses nothing where nothing is near', () => {
    expect(closest('rmsprop', optimizers)).to.be.undefined;
    expect(closest('tv', ['l1', 'mse'])).to.be.undefined;
    expect(closest('x', ['l1'])).to.be.undefined;
    expect(closest('', optimizers)).to.be.undefined;
    expect(closest('adam', [])).to.be.undefined;
  });
});

describe('didYouMean', () => {
  it('asks, or says nothing', () => {
    expect(didYouMean('adm', ['adam', 'sgd'])).to.equal('did you mean "adam"?');
    expect(didYouMean('rmsprop', ['adam', 'sgd'])).to.be.undefined;
  });
});
