import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import { describeOnEach } from '../../engines.js';
import { hashed, readJson } from '../../oracles/values.js';
import { cases, make, steps, updates, values, variables, type After, type Variables } from './updates.js';

/** Made by optimizers.py: ten steps, values and gradients by name. */
interface PlainSteps {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly cases: Readonly<Record<string, { readonly options: PlainOptions; readonly after: After }>>;
}

interface PlainOptions {
  readonly learningRate: number;
  readonly epsilon?: number;
  readonly [option: string]: unknown;
}

const plain = readJson('optimizers.json') as PlainSteps;

/** Float32 keeps about seven digits; the parameters are of size 1. */
function expectClose(parameters: Variables, after: After, step: number): void {
  for (const [name, found] of Object.entries(values(parameters))) {
    found.forEach((value, index) => expect(value).to.be.closeTo(after[name]![step]![index]!, 1e-6));
  }
}

describeOnEach('optimizers', () => {
  for (const [name, { options: oracle, after }] of Object.entries(plain.cases)) {
    it(`${name} steps as PyTorch's`, () => {
      const { learningRate, epsilon, ...rest } = oracle;
      const optimizer = make(name.split('.')[0]!, {
        ...rest,
        ...(epsilon === undefined ? {} : { eps: epsilon }),
      });
      tf.tidy(() => {
        const made = (suffix: string) => (name: string, shape: readonly number[]) =>
          tf.tensor(hashed(`optimizers.${name}${suffix}`, shape, 1), [...shape]);
        const all = <T>(of: (name: string, shape: readonly number[]) => T): Record<string, T> =>
          Object.fromEntries(Object.entries(plain.shapes).map(([name, shape]) => [name, of(name, shape)]));
        const parameters = all((name, shape) => tf.variable(made('')(name, shape)));
        for (let step = 0; step < 10; step++) {
          optimizer.step(parameters, all(made(`:${step}`)), learningRate);
          expectClose(parameters, after, step);
        }
        tf.dispose(parameters);
      });
      optimizer.dispose();
    });
  }

  for (const [name, given] of Object.entries(cases)) {
    it(`${name} steps as PyTorch's, with gradients that come and go`, () => {
      tf.tidy(() => {
        const optimizer = make(name, given);
        const parameters = variables();
        updates.gradients.forEach((_, step) => {
          steps(optimizer, parameters, step, step + 1);
          expectClose(parameters, updates.after[name]!, step);
        });
        optimizer.dispose();
        tf.dispose(parameters);
      });
    });
  }
});
