import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { MtlError, type NamedState, type Optimizer } from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { cases, make, registry, steps, values, variables } from './updates.js';

/** What a checkpoint would bring back: the numbers, by way of the host. */
const reloaded = ({ tensors, values: rest }: NamedState): NamedState => ({
  tensors: Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      tf.tensor(tensor.dataSync().slice(), tensor.shape),
    ]),
  ),
  values: JSON.parse(JSON.stringify(rest)) as NamedState['values'],
});

describeOnEach('every optimizer', () => {
  for (const [name, given] of Object.entries({
    ...cases,
    'sgd with Nesterov': { momentum: 0.9, nesterov: true },
  })) {
    const create = (): Optimizer => make(name.split(' ')[0]!, given);

    describe(name, () => {
      it('goes on to the bit from a saved state', () => {
        const whole = create();
        const expected = variables();
        steps(whole, expected);

        const first = create();
        const parameters = variables();
        steps(first, parameters, 0, 5);
        const state = reloaded(first.state);
        const second = create();
        second.restore(state);
        tf.dispose(state.tensors); // the copies are the optimizer's own
        steps(second, parameters, 5);

        expect(values(parameters)).to.deep.equal(values(expected));
        expect(values(second.state.tensors)).to.deep.equal(values(whole.state.tensors));
        expect(second.state.values).to.deep.equal(whole.state.values);
        for (const optimizer of [whole, first, second]) optimizer.dispose();
        tf.dispose([expected, parameters]);
      });

      it('keeps no more tensors than its state, and gives them all back', () => {
        const before = tf.memory().numTensors;
        const optimizer = create();
        const parameters = variables();
        const own = tf.memory().numTensors;
        steps(optimizer, parameters, 0, 2);
        expect(tf.memory().numTensors - own).to.equal(Object.keys(optimizer.state.tensors).length);
        const settled = tf.memory().numTensors;
        steps(optimizer, parameters, 2);
        expect(tf.memory().numTensors).to.equal(settled);
        optimizer.restore(optimizer.state);
        expect(tf.memory().numTensors).to.equal(settled);
        optimizer.dispose();
        tf.dispose(parameters);
        expect(tf.memory().numTensors).to.equal(before);
      });

      it('leaves parameters without a gradient, and their state, alone', () => {
        const optimizer = create();
        const parameters = variables();
        steps(optimizer, parameters, 1, 3);
        const state = values(optimizer.state.tensors);
        const vector = parameters.vector!.dataSync().slice();
        const matrix = parameters.matrix!.dataSync().slice();
        steps(optimizer, parameters, 3, 5); // these have no gradient for `vector`
        expect(parameters.vector!.dataSync()).to.deep.equal(vector);
        expect(parameters.matrix!.dataSync()).to.not.deep.equal(matrix);
        for (const [key, found] of Object.entries(values(optimizer.state.tensors))) {
          if (key.startsWith('vector/')) expect(found).to.deep.equal(state[key]);
        }
        optimizer.dispose();
        tf.dispose(parameters);
      });

      it('refuses gradients that fit no parameter', () => {
        tf.tidy(() => {
          const optimizer = create();
          const parameters = variables();
          expect(() => optimizer.step(parameters, { other: tf.scalar(1) }, 1))
            .to.throw(MtlError, 'the gradient "other"')
            .with.property('code', 'SHAPE_MISMATCH');
          expect(() => optimizer.step(parameters, { vector: tf.scalar(1) }, 1))
            .to.throw(MtlError, 'the gradient "vector": expected its parameter\'s shape [4], found []')
            .with.property('code', 'SHAPE_MISMATCH');
          tf.dispose(parameters);
        });
      });

      it('refuses a state of another model or optimizer', () => {
        tf.tidy(() => {
          const optimizer = create();
          const parameters = variables();
          steps(optimizer, parameters, 0, 2);
          const { tensors, values: rest } = reloaded(optimizer.state);
          const code = 'CHECKPOINT_INVALID';
          const foreign = { 'matrix/velocity': tf.scalar(0) };
          expect(() => optimizer.restore({ tensors: { ...tensors, ...foreign }, values: rest }))
            .to.throw(MtlError, 'found "matrix/velocity"')
            .with.property('code', code);
          expect(() => optimizer.restore({ tensors, values: { ...rest, 'other/step': 3 } }))
            .to.throw(MtlError, 'found "other/step"')
            .with.property('code', code);
          expect(values(optimizer.state.tensors)).to.deep.equal(values(tensors));

          const reshaped = Object.entries(tensors).map(([key, tensor]) => [
            key,
            tf.reshape(tensor, [tensor.size, 1]),
          ]);
          optimizer.restore({ tensors: Object.fromEntries(reshaped) as typeof tensors, values: rest });
          expect(() => steps(optimizer, parameters, 2, 3))
            .to.throw(
              MtlError,
              /the optimizer's "matrix\/m\w*": expected its parameter's shape \[3,2\], found \[6,1\]/,
            )
            .with.property('code', code);
          optimizer.dispose();
          tf.dispose(parameters);
        });
      });
    });
  }

  it('has its learning rate from its options, and the step from its argument', () => {
    for (const name of registry.names('optimizer')) {
      const optimizer = make(name, { lr: 0.5 });
      expect(optimizer.learningRate).to.equal(0.5);
      const parameters = variables();
      steps(optimizer, parameters, 0, 1);
      const moved = values(parameters);
      const other = make(name, { lr: 0.125 });
      const again = variables();
      steps(other, again, 0, 1);
      expect(values(again)).to.deep.equal(moved);
      for (const each of [optimizer, other]) each.dispose();
      tf.dispose([parameters, again]);
    }
  });
});

describeOnEach('Adam', () => {
  it('keeps named moments and a step count per parameter', () => {
    const optimizer = make('adam');
    const parameters = variables();
    steps(optimizer, parameters);
    expect(Object.keys(optimizer.state.tensors)).to.have.members(
      ['matrix', 'vector', 'scalar'].flatMap((name) => [`${name}/m`, `${name}/v`]),
    );
    expect(optimizer.state.values).to.deep.equal({ 'matrix/step': 8, 'vector/step': 5, 'scalar/step': 7 });
    optimizer.dispose();
    tf.dispose(parameters);
  });

  it('refuses a state whose counts or moments are incomplete', () => {
    const tensors = { 'a/m': tf.scalar(1), 'a/v': tf.scalar(1) };
    const optimizer = make('adam');
    for (const count of [undefined, 0, 1.5, 'one']) {
      const state = { tensors, values: count === undefined ? {} : { 'a/step': count } };
      expect(() => optimizer.restore(state)).to.throw(
        MtlError,
        '"a/step": expected a whole number of at least 1',
      );
    }
    expect(() => optimizer.restore({ tensors: { 'a/m': tensors['a/m'] }, values: { 'a/step': 1 } })).to.throw(
      MtlError,
      'expected "a/m" and "a/v", found "a/m"',
    );
    expect(optimizer.state).to.deep.equal({ tensors: {}, values: {} });
    tf.dispose(tensors);
  });

  it('steps by the learning rate at first, whatever the size of the gradient', () => {
    const optimizer = make('adam', { eps: 0 });
    const parameters = { a: tf.variable(tf.zeros([3])) };
    const gradient = tf.tensor1d([1e-12, -3, 1e12]);
    optimizer.step(parameters, { a: gradient }, 0.25);
    expect([...parameters.a.dataSync()]).to.deep.equal([-0.25, 0.25, -0.25]);
    optimizer.dispose();
    tf.dispose([parameters, gradient]);
  });
});

describe('optimizer options', () => {
  it('have the defaults of the method and of PyTorch', () => {
    expect(registry.schema('optimizer', 'adam').parse({})).to.deep.equal({
      lr: 1e-4,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
    });
    expect(registry.schema('optimizer', 'adamw').parse({})).to.have.property('weightDecay', 0.01);
    expect(registry.schema('optimizer', 'sgd').parse({})).to.deep.equal({
      lr: 1e-2,
      momentum: 0,
      dampening: 0,
      nesterov: false,
      weightDecay: 0,
    });
  });

  for (const [name, given, message] of [
    ['adam', { lr: 0 }, 'optimizer.lr: expected a number above 0, found 0'],
    ['adam', { betas: [0.9, 1] }, 'optimizer.betas[1]: expected a number of at least 0 and below 1, found 1'],
    ['adamw', { weightDecay: -1 }, 'optimizer.weightDecay: expected a number of at least 0, found -1'],
    ['sgd', { betas: [0.9, 0.9] }, 'optimizer.betas: expected one of the keys lr, momentum, dampening'],
    ['sgd', { nesterov: true }, 'optimizer.nesterov: expected false, or a momentum of more than 0'],
    ['sgd', { nesterov: true, momentum: 0.9, dampening: 0.5 }, 'with no dampening, found true'],
  ] as const) {
    it(`of ${name} refuse ${JSON.stringify(given)}`, () => {
      expect(() => make(name, given))
        .to.throw(MtlError, message)
        .with.property('code', 'CONFIG_INVALID');
    });
  }
});
