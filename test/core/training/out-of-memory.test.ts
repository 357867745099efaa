import { expect } from 'chai';
import { MtlError } from '../../../core/index.js';
import { explainMemory } from '../../../core/training/out-of-memory.js';

describe('memory that is used up', () => {
  const engine = new MtlError(
    'ENGINE_OUT_OF_MEMORY',
    'engine torch: conv2d could not get memory (9 bytes); take less',
  );

  it('becomes an error that names half the batch, an engine’s as well as Node’s', () => {
    expect(explainMemory(engine, 9)).to.include({
      code: 'ENGINE_OUT_OF_MEMORY',
      message:
        'engine torch: conv2d could not get memory (9 bytes); try half the batch: --set train.batchSize=4 (now 9)',
    });
    let thrown: unknown;
    try {
      new Float32Array(2 ** 40);
    } catch (error) {
      thrown = error;
    }
    expect(explainMemory(thrown, 2))
      .to.have.property('message')
      .that.matches(
        /^Node could not get memory \(.*\); try half the batch: --set train\.batchSize=1 \(now 2\)$/,
      );
  });

  it('names what else can be made smaller where there is no half', () => {
    expect(explainMemory(engine, 1)).to.have.property('message').that.includes('dataset.size');
  });

  it('is told apart from other errors', () => {
    for (const error of [new RangeError('expected at least one example'), new Error('x'), undefined])
      expect(explainMemory(error, 4)).to.equal(error);
  });
});
