import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  badValue,
  definePart,
  partSpec,
  restoreVariables,
  show,
  tokens,
  withoutGradient,
  type Auxiliary,
  type AuxiliaryContext,
  type AuxiliaryStep,
  type Deps,
  type NamedState,
  type Optimizer,
  type Task,
} from '../../core/index.js';
import { adaptor, adaptorParameters } from './kd4mtl/adaptor.js';
import { distance, units } from './kd4mtl/distance.js';
import { Teachers } from './kd4mtl/teachers.js';

const options = z.strictObject({
  teachers: z
    .union([z.string().min(1), z.record(z.string(), z.string().min(1))])
    .nullable()
    .default(null)
    .refine(
      (teachers) => teachers !== null,
      'the folder of a run that has all tasks, or a folder by task (`mtl train --preset stan --run runs/teachers` trains a ' +
        'network of its own for each task; then say `teachers: runs/teachers`)',
    )
    .describe(
      'Folder of the run whose best model teaches all tasks, each by what it has for that task, e.g. a `stan` run; or a folder ' +
        'by task: then the tasks that are named are taught. Relative paths start from the config’s folder.',
    ),
  lambda: z
    .union([z.number().min(0), z.record(z.string(), z.number().min(0))])
    .nullable()
    .default(null)
    .describe(
      'λ: weight of the distances, one for all tasks or one per task. null: as published, 1, and 2 for a task of directions.',
    ),
  statistics: z
    .enum(['batch', 'moving'])
    .default('batch')
    .describe(
      'What the teachers’ batch norms normalise by. `batch`: the batch’s statistics, as published and as the student’s own in ' +
        'training, while the teachers’ moving ones stay as they are; `moving`: as in use, so that what an image’s features are does ' +
        'not depend on the images beside it.',
    ),
  optimizer: partSpec('optimizer')
    .default({ name: 'adam', lr: 0.1, weightDecay: 5e-4 })
    .describe('Moves the adaptors, at its own learning rate throughout.'),
});

type Options = z.output<typeof options>;

/**
 * Knowledge distillation for multi-task learning (Li & Bilen 2020, https://arxiv.org/abs/2007.06889): each task's features
 * in the student are held to those of a trained network of that task. With a_t(f) an adaptor's 1×1 convolution of the student's
 * map, g_t the frozen teacher's map and u(x) = x / √(Σ_c x² + 1e-6),
 *
 *     D_t = Σ over bottleneck and last decoder map of mean over batch and pixels of Σ_c (u(a_t(f)) − u(g_t))²
 *     L_t ← L_t + λ_t D_t
 */
export const kd4mtl = definePart({
  description: 'Holds each task’s features to those of a trained single-task network (KD4MTL).',
  options,
  create: (given, deps): Auxiliary =>
    new Distillation(
      given,
      deps.get(tokens.registry).create('optimizer', given.optimizer, deps, 'auxiliary.optimizer'),
      deps,
    ),
});

class Distillation implements Auxiliary {
  readonly readsFeatures = true;
  parameters: Readonly<Record<string, tf.Variable>> = {};
  private readonly teachers = new Teachers();
  private adaptors: Readonly<Record<string, tf.LayersModel>> = {};
  private lambda: Readonly<Record<string, number>> = {};

  constructor(
    private readonly options: Options,
    readonly optimizer: Optimizer,
    private readonly deps: Deps,
  ) {}

  async setup(context: AuxiliaryContext): Promise<void> {
    const { features, path, tasks } = context;
    if (!features) {
      throw badValue('CONFIG_INVALID', {
        what: path,
        expected: 'an architecture that gives its features, e.g. mtan or split',
        found: 'one that gives none',
      });
    }
    this.lambda = lambdaOf(this.options.lambda, context);
    const baseFolder = this.deps.get(tokens.baseFolder);
    await this.teachers.open(this.deps.get(tokens.openFrozenModel), this.options.teachers, {
      ...context,
      baseFolder,
    });
    const taught = tasks.filter(({ name }) => this.teachers.has(name));
    this.adaptors = Object.fromEntries(
      taught.map(({ name }) => [
        name,
        adaptor({ task: name, from: features[name]!, to: this.teachers.shapes(name), ...context }),
      ]),
    );
    this.parameters = adaptorParameters(Object.values(this.adaptors));
  }

  get state(): NamedState {
    return { tensors: this.parameters, values: { teachers: this.teachers.checksums } };
  }

  restore({ tensors, values }: NamedState): void {
    this.teachers.assertSame(values.teachers);
    restoreVariables(this.parameters, tensors, 'adaptors');
  }

  terms({ image, features, step }: AuxiliaryStep): Readonly<Record<string, tf.Scalar>> {
    const { statistics } = this.options;
    const taught = withoutGradient(() => this.teachers.features(image, { statistics, step }));
    return Object.fromEntries(
      Object.entries(this.adaptors).map(([task, part]) => {
        const { bottleneck, decoded } = features![task]!;
        const [coarse, fine] = part.apply([bottleneck, decoded]) as [tf.Tensor4D, tf.Tensor4D];
        const apart = tf.add<tf.Scalar>(
          distance(units(coarse), taught[task]!.bottleneck),
          distance(units(fine), taught[task]!.decoded),
        );
        return [task, tf.mul<tf.Scalar>(apart, this.lambda[task]!)];
      }),
    );
  }

  dispose(): void {
    for (const part of Object.values(this.adaptors)) part.dispose();
    this.teachers.dispose();
    this.optimizer.dispose();
  }
}

/** @throws MtlError `CONFIG_INVALID` where it names other tasks than there are */
function lambdaOf(lambda: Options['lambda'], { path, tasks }: AuxiliaryContext): Record<string, number> {
  const published = ({ decoded }: Task): number => (decoded?.kind === 'directions' ? 2 : 1);
  const names = tasks.map(({ name }) => name);
  if (lambda !== null && typeof lambda !== 'number' && names.some((name) => !(name in lambda))) {
    throw badValue('CONFIG_INVALID', {
      what: `${path}.lambda`,
      expected: `one number, or one for each of ${names.join(', ')}`,
      found: show(lambda),
    });
  }
  const of = (task: Task): number =>
    lambda === null ? published(task) : typeof lambda === 'number' ? lambda : lambda[task.name]!;
  return Object.fromEntries(tasks.map((task) => [task.name, of(task)]));
}
