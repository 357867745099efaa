import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  AddRelu,
  BatchNorm,
  Conv2d,
  MaxPool2d,
  stopGradient,
  Tape,
  Upsample2d,
} from '../../../core/index.js';
import { describeOnEach } from '../../engines.js';
import { relativeError } from '../../oracles/compare.js';
import { hashed } from '../../oracles/values.js';

const shape: [number, number, number, number] = [2, 8, 12, 3];

/** Our layers in one net with a joined path and a concatenation; parameters by their names' hashes. */
function smallNet(): tf.LayersModel {
  const image = tf.input({ shape: shape.slice(1) });
  const y = new Conv2d({ name: 'conv1', filters: 4, kernelSize: 3, stride: 2, useBias: false }).apply(image);
  const z = new BatchNorm({ name: 'bn1', activation: 'relu' }).apply(y) as tf.SymbolicTensor;
  const pooled = new MaxPool2d({ name: 'pool', poolSize: 3, stride: 2, padding: 1 }).apply(z);
  const up = new Upsample2d({ name: 'up' }).apply(pooled) as tf.SymbolicTensor;
  const sum = new AddRelu({ name: 'add' }).apply([up, z]) as tf.SymbolicTensor;
  const joined = tf.layers.concatenate().apply([sum, z]);
  const head = new Conv2d({ name: 'head', filters: 2, kernelSize: 3, activation: 'relu' }).apply(joined);
  const model = tf.model({ inputs: image, outputs: head as tf.SymbolicTensor });
  tf.tidy(() => {
    for (const weight of model.trainableWeights) {
      const variable = weight.read() as tf.Variable;
      const values = hashed(weight.originalName, variable.shape, 0.5).map((value) => value + 0.3);
      variable.assign(tf.tensor(values, variable.shape));
    }
  });
  return model;
}

function forward(model: tf.LayersModel, image: tf.Tensor): tf.Tensor4D {
  return model.apply(image, { training: true }) as tf.Tensor4D;
}

function parametersOf(model: tf.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}

function valuesOf(tensors: readonly (tf.Tensor | undefined)[]): (tf.TypedArray | undefined)[] {
  return tensors.map((tensor) => tensor?.dataSync());
}

describeOnEach('Tape', () => {
  let model: tf.LayersModel;
  let parameters: tf.Variable[];
  let image: tf.Tensor;
  let one: tf.Scalar;
  let tensorsBefore: number;

  beforeEach(() => {
    model = smallNet();
    parameters = parametersOf(model);
    image = tf.tensor(hashed('tape.image', shape, 2), shape);
    one = tf.scalar(1);
    tensorsBefore = tf.memory().numTensors;
  });

  afterEach(() => {
    expect(tf.memory().numTensors, 'tensors left').to.equal(tensorsBefore);
    tf.dispose([image, one]);
    model.dispose();
  });

  it('gives tf.variableGrads’ gradients to the bit', () => {
    const loss = (): tf.Scalar => tf.mean(tf.square(forward(model, image)));
    const { tape, result } = Tape.record(() => ({ loss: loss() }));
    const found = tape.backward([{ of: result.loss, gradient: one }], parameters, true);
    const { value, grads } = tf.variableGrads(loss, parameters);
    expect(result.loss.dataSync()).to.deep.equal(value.dataSync());
    expect(valuesOf(found)).to.deep.equal(parameters.map(({ name }) => grads[name]!.dataSync()));
    tf.dispose([result, found, value, grads] as tf.TensorContainer[]);
  });

  it('adds up the gradients of several seeds, each times its own', () => {
    const weights = [2, -0.5];
    const losses = (): tf.Scalar[] => {
      const y = forward(model, image);
      return [tf.mean(tf.square(y)), tf.mean(y)];
    };
    const { tape, result } = Tape.record(losses);
    const seeds = result.map((of, index) => ({ of, gradient: tf.scalar(weights[index]!) }));
    const found = tape.backward(seeds, parameters, true);
    const { value, grads } = tf.variableGrads(() => {
      const [first, second] = losses();
      return tf.add(tf.mul(first!, weights[0]!), tf.mul(second!, weights[1]!));
    }, parameters);
    found.forEach((gradient, index) => {
      const wanted = grads[parameters[index]!.name]!.dataSync();
      expect(relativeError(gradient!.dataSync(), wanted)).to.be.at.most(1e-6);
    });
    tf.dispose([result, found, value, grads, seeds.map(({ gradient }) => gradient)] as tf.TensorContainer[]);
  });

  it('can be walked any number of times, and gives the same each time', () => {
    const { tape, result } = Tape.record(() => ({ loss: tf.mean(tf.square(forward(model, image))) }));
    const seeds = [{ of: result.loss, gradient: one }];
    const kept = tf.memory().numTensors;
    const first = tape.backward(seeds, parameters);
    expect(tf.memory().numTensors, 'tensors after a walk').to.equal(kept + parameters.length);
    const second = tape.backward(seeds, parameters);
    const last = tape.backward(seeds, parameters, true);
    expect(valuesOf(second)).to.deep.equal(valuesOf(first));
    expect(valuesOf(last)).to.deep.equal(valuesOf(first));
    tf.dispose([result.loss, ...first, ...second, ...last] as tf.Tensor[]);
  });

  it('frees what the forward pass kept: in the last walk, or when disposed of', () => {
    for (const free of ['release', 'dispose'] as const) {
      const { tape, result } = Tape.record(() => ({ loss: tf.mean(tf.square(forward(model, image))) }));
      expect(tf.memory().numTensors, 'tensors kept for the gradients').to.be.above(tensorsBefore + 1);
      const found = tape.backward([{ of: result.loss, gradient: one }], parameters, free === 'release');
      if (free === 'dispose') tape.dispose();
      expect(tf.memory().numTensors, free).to.equal(tensorsBefore + 1 + parameters.length);
      tape.dispose();
      tf.dispose([result.loss, ...found] as tf.Tensor[]);
    }
  });

  it('starts anywhere: a walk to features and one from them are a walk through them', () => {
    const { tape, result } = Tape.record(() => {
      const features = forward(model, image);
      return { features, loss: tf.mean(tf.square(features)) };
    });
    const seeds = [{ of: result.loss, gradient: one }];
    const [toFeatures] = tape.backward(seeds, [result.features]);
    const whole = tape.backward(seeds, parameters);
    const onwards = tape.backward([{ of: result.features, gradient: toFeatures! }], parameters, true);
    expect(valuesOf(onwards)).to.deep.equal(valuesOf(whole));
    tf.dispose([result.features, result.loss, toFeatures!, ...whole, ...onwards] as tf.Tensor[]);
  });

  it('takes the wanted tensors as independent, even where one is computed from another', () => {
    const x = tf.tidy(() => tf.variable(tf.scalar(2)));
    const { tape, result } = Tape.record(() => {
      const first = tf.square(x);
      const second = tf.mul(first, 3);
      return { first, second, loss: tf.mul(first, second) };
    });
    // loss = first · second, with first = x² = 4 and second = 3 first = 12
    const seeds = [{ of: result.loss, gradient: one }];
    const partial = tape.backward(seeds, [result.first, result.second]);
    expect(partial.map((gradient) => gradient!.dataSync()[0])).to.deep.equal([12, 4]);
    const [first, second] = [result.first, result.second].map((of, index) => ({
      of,
      gradient: partial[index]!,
    }));
    const [onwards] = tape.backward([first!, second!], [x]);
    const [whole] = tape.backward(seeds, [x], true);
    expect(onwards!.dataSync()[0]).to.equal(whole!.dataSync()[0]);
    tf.dispose([x, result, partial, onwards, whole] as tf.TensorContainer[]);
  });

  it('lets no gradient through a stopped one, and does not look behind it', () => {
    const factor = tf.tidy(() => tf.variable(tf.scalar(3)));
    const { tape, result } = Tape.record(() => {
      const stopped = stopGradient(forward(model, image));
      return { stopped, loss: tf.mean(tf.mul(tf.square(stopped), factor)) };
    });
    expect(tape.reached(result.loss, [...parameters, factor])).to.deep.equal([
      ...parameters.map(() => false),
      true,
    ]);
    const found = tape.backward([{ of: result.loss, gradient: one }], [...parameters, factor], true);
    expect(found.slice(0, -1).every((gradient) => gradient === undefined)).to.equal(true);
    expect(found.at(-1)!.dataSync()[0]! / (result.loss.dataSync()[0]! / 3)).to.be.closeTo(1, 1e-6);
    tf.dispose([result.stopped, result.loss, found.at(-1)!, factor] as tf.Tensor[]);
  });

  it('gives undefined for what has no influence', () => {
    const idle = tf.tidy(() => tf.variable(tf.scalar(1)));
    const { tape, result } = Tape.record(() => ({
      loss: tf.mean(forward(model, image)),
      other: tf.square(idle),
    }));
    expect(tape.reached(result.loss, [parameters[0]!, idle])).to.deep.equal([true, false]);
    const found = tape.backward([{ of: result.loss, gradient: one }], [parameters[0]!, idle], true);
    expect(found[0]!.shape).to.deep.equal(parameters[0]!.shape);
    expect(found[1]).to.equal(undefined);
    tf.dispose([result.loss, result.other, found[0]!, idle] as tf.Tensor[]);
  });

  it('leaves nothing behind where the forward pass fails, and can record again', () => {
    const fail = (): never => {
      forward(model, image);
      throw new Error('out of ideas');
    };
    expect(() => Tape.record(fail)).to.throw('out of ideas');
    expect(tf.memory().numTensors).to.equal(tensorsBefore);
    const { tape, result } = Tape.record(() => ({ loss: tf.mean(forward(model, image)) }));
    expect(tape.reached(result.loss, parameters)).to.not.include(false);
    tape.dispose();
    result.loss.dispose();
  });
});
