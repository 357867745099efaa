import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { fused } from '../../../../core/index.js';
import { describeOn } from '../../../engines.js';
import { expectClose, transposed, uniform, withoutLeaks } from '../reference.js';

const attrs = { beta1: 0.9, beta2: 0.99, rate: 0.03, epsilon: 1e-3, l2: 0.2, keep: 0.95 };

const shapes: readonly number[][] = [[3, 3, 5, 7], [11], [], [4, 6]];

interface State {
  readonly parameters: readonly tf.Tensor[];
  readonly gradients: readonly tf.Tensor[];
  readonly firsts: readonly tf.Tensor[];
  readonly seconds: readonly tf.Tensor[];
}

function state(layout: (x: tf.Tensor, index: number) => tf.Tensor = (x) => x): State {
  const made = (seed: number, sign: (x: tf.Tensor) => tf.Tensor = (x) => x): tf.Tensor[] =>
    shapes.map((shape, index) => layout(sign(uniform(shape, seed + index)), index));
  return { parameters: made(1), gradients: made(11), firsts: made(21), seconds: made(31, tf.abs) };
}

function step({ parameters, gradients, firsts, seconds }: State, using = attrs): tf.Tensor[] {
  return fused('Adam', [...parameters, ...gradients, ...firsts, ...seconds], using)!;
}

/** New parameters, first and second moments in double precision. */
function byLoops({ parameters, gradients, firsts, seconds }: State, by = attrs): Float64Array[] {
  const values = [parameters, gradients, firsts, seconds].map((tensors) =>
    tensors.map((tensor) => tensor.dataSync()),
  );
  const moved = shapes.map((_, index) => {
    const [p, g, m, v] = values.map((tensors) => tensors[index]!);
    const [p1, m1, v1] = [p!, m!, v!].map(({ length }) => new Float64Array(length));
    p!.forEach((value, at) => {
      const slope = g![at]! + by.l2 * value;
      m1![at] = by.beta1 * m![at]! + slope;
      v1![at] = by.beta2 * v![at]! + slope ** 2;
      p1![at] = by.keep * value - (by.rate * m1![at]) / (Math.sqrt(v1![at]) + by.epsilon);
    });
    return [p1!, m1!, v1!];
  });
  return [0, 1, 2].flatMap((part) => moved.map((one) => one[part]!));
}

function expectStep(before: State, using = attrs): void {
  const wanted = byLoops(before, using);
  const gradients = before.gradients.map((tensor) => tensor.dataSync());
  step(before, using).forEach((tensor, index) => {
    expect(tensor.shape).to.deep.equal(shapes[index % shapes.length]);
    expectClose(tensor, wanted[index]!, 1e-6);
  });
  expect(before.gradients.map((tensor) => tensor.dataSync())).to.deep.equal(gradients);
}

describeOn('torch', 'a step of Adam over all parameters', () => {
  for (const [name, using] of Object.entries({
    'with no decay': { ...attrs, l2: 0, keep: 1 },
    'with decay in the gradient': { ...attrs, keep: 1 },
    'with decoupled decay': { ...attrs, l2: 0 },
    'with both': attrs,
  })) {
    it(`${name} is what the formula says`, () => withoutLeaks(() => expectStep(state(), using)));
  }

  it('takes parameters, gradients and moments in any layout', () => {
    withoutLeaks(() => expectStep(state(transposed)));
    withoutLeaks(() => {
      const [dense, views] = [state(), state(transposed)];
      for (const part of Object.keys(dense) as (keyof State)[])
        expectStep({ ...state(), [part]: views[part] });
    });
  });

  it('is the same to the bit where what a checkpoint brings back lies otherwise', () => {
    withoutLeaks(() => {
      const wanted = step(state()).map((tensor) => Float64Array.from(tensor.dataSync()));
      for (const part of ['parameters', 'gradients', 'firsts', 'seconds'] as const) {
        step({ ...state(), [part]: state(transposed)[part] }).forEach((tensor, index) =>
          expectClose(tensor, wanted[index]!, 0),
        );
      }
    });
  });

  it('changes in place what nobody else holds', () => {
    withoutLeaks(() => {
      const before = state();
      const moved = step(before);
      [...before.parameters, ...before.firsts, ...before.seconds].forEach((tensor, index) => {
        expect(tensor.dataSync()).to.deep.equal(moved[index]!.dataSync());
      });
    });
  });

  const others: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
    'a clone': (x) => x.clone(),
    'a reshaped view': (x) => x.reshape([-1]),
    'a transposed view': (x) => tf.transpose(x),
    'an expanded view': (x) => tf.expandDims(x),
    'a sum over no axes': (x) => tf.sum(x, []),
    'a piece': (x) => tf.slice(x.reshape([-1]), 0, 1),
    'a variable': (x) => tf.variable(x),
    'a tensor of the same type': (x) => tf.cast(x, 'float32'),
  };
  for (const [name, other] of Object.entries(others)) {
    it(`leaves ${name} of a parameter or a moment as it was`, () => {
      for (const part of ['parameters', 'firsts', 'seconds'] as const) {
        withoutLeaks(() => {
          const before = state();
          const held = before[part].map(other);
          const values = held.map((tensor) => Float64Array.from(tensor.dataSync()));
          expectStep(before);
          held.forEach((tensor, index) => expectClose(tensor, values[index]!, 0));
          for (const tensor of held) if (tensor instanceof tf.Variable) tensor.dispose();
        });
      }
    });
  }

  it('leaves what a parameter is a view of as it was', () => {
    withoutLeaks(() => {
      const whole = shapes.map((shape) => uniform(shape, 5));
      const values = whole.map((tensor) => Float64Array.from(tensor.dataSync()));
      expectStep({ ...state(), parameters: whole.map((tensor) => tensor.reshape(tensor.shape)) });
      whole.forEach((tensor, index) => expectClose(tensor, values[index]!, 0));
    });
  });

  it('gives what a convolution that has laid its filter out anew goes on with', () => {
    withoutLeaks(() => {
      const x = uniform([1, 6, 6, 5], 3) as tf.Tensor4D;
      const before = state();
      const filter = before.parameters[0] as tf.Tensor4D;
      const convolve = (w: tf.Tensor): tf.Tensor => tf.conv2d(x, w as tf.Tensor4D, 1, 'same');
      const gradient = tf.grad(convolve)(filter);
      expectStep({ ...before, gradients: [gradient, ...before.gradients.slice(1)] });
      const moved = tf.tensor(filter.dataSync(), filter.shape);
      expectClose(convolve(filter), Float64Array.from(convolve(moved).dataSync()), 1e-6);
    });
  });
});
