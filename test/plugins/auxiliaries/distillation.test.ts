import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'chai';
import {
  RunContainer,
  RunFolder,
  Tape,
  tokens,
  withoutGradient,
  type Auxiliary,
  type FrozenModel,
  type Model,
  type PartSpec,
  type Size,
  type Task,
} from '../../../core/index.js';
import { registry } from '../../core/model/golden.js';
import { describeOnEach } from '../../engines.js';
import { normOf } from '../../oracles/compare.js';
import { hashed, readJson } from '../../oracles/values.js';
import { buildPeer, imageOf, setByName, shape, taskOf, type Summary } from '../architectures/peers.js';

interface Wanted {
  readonly image: number;
  readonly distances: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, Summary>>;
}

const lambda: Readonly<Record<string, number>> = { segmentation: 1, depth: 2 };

/** A model as `openFrozenModel` gives it. */
function frozen(model: Model, size: Size): FrozenModel {
  return {
    tasks: model.tasks,
    size,
    featureShapes: model.featureShapes,
    file: 'best.safetensors',
    sha256: '0',
    forward: (image, { step }) =>
      withoutGradient(() => {
        const { direct, features } = model.forward(image, {
          training: true,
          transfer: false,
          step,
          features: true,
        });
        return { direct, features: features! };
      }),
    dispose: () => model.dispose(),
  };
}

/** The auxiliary for a student, taught by another model. */
async function distillation(
  student: Model,
  teacher: Model,
  size: Size = { height: shape[1], width: shape[2] },
): Promise<Auxiliary> {
  // That there is a trained run is looked at before it is opened.
  const run = new RunFolder(mkdtempSync(join(tmpdir(), 'teacher-')));
  mkdirSync(join(run.path, 'checkpoints'));
  for (const file of [join(run.path, 'config.json'), run.best]) writeFileSync(file, '{}');
  const deps = new RunContainer()
    .provide(tokens.registry, registry)
    .provide(tokens.baseFolder, run.path)
    .provide(tokens.openFrozenModel, () => Promise.resolve(frozen(teacher, size)));
  const auxiliary = registry.create('auxiliary', { name: 'kd4mtl', teachers: '.', lambda }, deps);
  const { tasks, featureShapes: features } = student;
  await auxiliary.setup({ path: 'auxiliary[0]', tasks, size, seed: 0, initialize: true, features });
  rmSync(run.path, { recursive: true });
  return auxiliary;
}

function distances(auxiliary: Auxiliary, student: Model, image: tf.Tensor4D) {
  return Tape.record(() => {
    const { direct, features } = student.forward(image, { training: true, transfer: false, features: true });
    return { ...auxiliary.terms({ image, predictions: direct, features, targets: {}, step: 0 }) };
  });
}

describeOnEach('kd4mtl’s distances', () => {
  for (const architecture of ['mtan', 'split']) {
    it(`${architecture}: values, and gradients of the adaptors${architecture === 'split' ? ' and of all that they reach' : ''}`, async () => {
      const before = tf.memory().numTensors;
      const wanted = readJson(`peers-kd4mtl-${architecture}.json`) as Wanted;
      const build = (spec: PartSpec): Model => {
        const model = buildPeer({ architecture: spec, backbone: { name: 'segnet', width: 16 } });
        setByName(model);
        return model;
      };
      const [student, teacher] = [build(architecture), build('stan')];
      const auxiliary = await distillation(student, teacher);
      setByName(auxiliary);
      const image = imageOf(wanted.image);
      const { tape, result } = distances(auxiliary, student, image);
      for (const [task, distance] of Object.entries(result)) {
        const value = distance.dataSync()[0]! / lambda[task]!;
        expect(Math.abs(value / wanted.distances[task]! - 1), task).to.be.at.most(1e-5);
      }
      const parameters = { ...student.parameters, ...auxiliary.parameters };
      const one = tf.scalar(1);
      const seeds = Object.values(result).map((of) => ({ of, gradient: one }));
      const gradients = tape.backward(seeds, Object.values(parameters), true);
      const all = normOf(Object.values(wanted.gradients).map(([norm]) => norm));
      const names = Object.keys(parameters);
      for (const [name, summary] of Object.entries(wanted.gradients)) {
        const found = gradients[names.indexOf(name)]!.dataSync<'float32'>();
        expectGradient(found, name, summary, all);
      }
      // The heads alone are out of reach.
      const reached = names.filter((_, at) => gradients[at]);
      expect(names.filter((name) => !name.startsWith('head.'))).to.deep.equal(reached);
      tf.dispose([image, one, result, gradients.filter((gradient) => gradient !== undefined)]);
      auxiliary.dispose();
      student.dispose();
      expect(tf.memory().numTensors, 'tensors left').to.equal(before);
    });
  }

  it('are 0 where the adapted maps are the teacher’s, whatever their length', async () => {
    const [student, teacher] = [buildPeer({ architecture: 'stan' }), buildPeer({ architecture: 'stan' })];
    setByName(student);
    setByName(teacher);
    const auxiliary = await distillation(student, teacher);
    for (const parameter of Object.values(auxiliary.parameters))
      tf.tidy(() => parameter.assign(tf.mul(3, tf.eye(parameter.shape[2]!)).reshape(parameter.shape)));
    const { tape, result } = distances(auxiliary, student, imageOf(0));
    for (const distance of Object.values(result)) expect(distance.dataSync()[0]).to.be.below(1e-2);
    tape.dispose();
    tf.dispose(result);
    auxiliary.dispose();
    student.dispose();
  });
});

function expectGradient(values: Float32Array, name: string, [norm, ...products]: Summary, all: number): void {
  if (norm === 0) {
    expect(normOf(values) / all, name).to.be.at.most(1e-6);
    return;
  }
  expect(Math.abs(normOf(values) / norm - 1), `norm of ${name}`).to.be.at.most(1e-4);
  products.forEach((product, index) => {
    const weight = hashed(`probe${index}:${name}`, [values.length], 1);
    const found = values.reduce((sum, value, place) => sum + value * weight[place]!, 0);
    expect(Math.abs(found - product) / norm, `probe ${index} of ${name}`).to.be.at.most(1e-4);
  });
}

describe('kd4mtl at full width', () => {
  before(async () => {
    await tf.setBackend('cpu');
  });

  for (const architecture of ['mtan', 'split']) {
    it(`${architecture}: 266,240 parameters a task beside the model’s own`, async () => {
      const before = tf.memory().numTensors;
      const size = { height: 32, width: 32 };
      const tasks: readonly Task[] = [taskOf('segmentation', 13), taskOf('depth', 1)];
      const build = (spec: PartSpec): Model =>
        buildPeer({ architecture: spec, tasks, backbone: 'segnet', size });
      const [student, teacher] = [build(architecture), build('split')];
      const auxiliary = await distillation(student, teacher, size);
      const sizes = Object.entries(auxiliary.parameters).map(([name, { size: own }]) => [name, own]);
      expect(Object.fromEntries(sizes)).to.deep.equal({
        'adaptor.segmentation.bottleneck.kernel': 262_144,
        'adaptor.segmentation.decoded.kernel': 4_096,
        'adaptor.depth.bottleneck.kernel': 262_144,
        'adaptor.depth.decoded.kernel': 4_096,
      });
      auxiliary.dispose();
      student.dispose();
      expect(tf.memory().numTensors, 'tensors left').to.equal(before);
    });
  }
});
