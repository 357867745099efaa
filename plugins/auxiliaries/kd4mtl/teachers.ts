import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  badValue,
  RunFolder,
  show,
  type AuxiliaryContext,
  type Features,
  type FeatureShapes,
  type FrozenModel,
  type FrozenPass,
  type Json,
  type OpenFrozenModel,
} from '../../../core/index.js';
import { units } from './distance.js';

/** A frozen model and the tasks that it teaches. */
interface Teacher {
  readonly model: FrozenModel;
  readonly tasks: readonly string[];
}

type Context = Pick<AuxiliaryContext, 'path' | 'tasks' | 'size' | 'features'>;

/** Trained networks, and what they have for the tasks that they teach. */
export class Teachers {
  private readonly all: Teacher[] = [];

  /**
   * @param open see `tokens.openFrozenModel`
   * @param named a run's folder for all tasks, or one by task
   * @param baseFolder that relative paths start from
   * @throws MtlError `RUN_INVALID`, `CHECKPOINT_INVALID` where there is no trained run; `CONFIG_INVALID` where it does not fit
   */
  async open(
    open: OpenFrozenModel,
    named: string | Readonly<Record<string, string>>,
    { baseFolder, ...context }: Context & { readonly baseFolder: string },
  ): Promise<void> {
    for (const { key, folder, tasks } of placesOf(named, context)) {
      const path = resolve(baseFolder, folder);
      assertTrained(path, key);
      const model = await open(path);
      this.all.push({ model, tasks });
      for (const task of tasks) assertFits(model, task, key, context);
    }
  }

  /** Whether a task is taught. */
  has(task: string): boolean {
    return this.all.some(({ tasks }) => tasks.includes(task));
  }

  /** Of the maps that a task is taught by. */
  shapes(task: string): FeatureShapes[string] {
    return this.all.find(({ tasks }) => tasks.includes(task))!.model.featureShapes![task]!;
  }

  /** The teachers' maps by task, each pixel's channels over their length. */
  features(image: tf.Tensor4D, pass: FrozenPass): Features {
    const each = this.all.map(({ model, tasks }) => {
      const own = (): Features => {
        const { features } = model.forward(image, pass);
        return Object.fromEntries(
          tasks.map((task) => {
            const { bottleneck, decoded } = features![task]!;
            return [task, { bottleneck: units(bottleneck), decoded: units(decoded) }];
          }),
        );
      };
      return tf.tidy(own as unknown as () => tf.TensorContainer) as unknown as Features;
    });
    return Object.assign({}, ...each) as Features;
  }

  /** SHA-256 of the teachers' files by task: all that a checkpoint keeps of them. */
  get checksums(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.all.flatMap(({ model, tasks }) => tasks.map((task) => [task, model.sha256] as const)),
    );
  }

  /**
   * A training goes on with the teachers that it was begun with, or its numbers mean nothing.
   * @throws MtlError `CHECKPOINT_INVALID`
   */
  assertSame(saved: Json | undefined): void {
    const before = saved as Readonly<Record<string, string>> | undefined;
    for (const { model, tasks } of this.all) {
      for (const task of tasks) {
        if (before?.[task] === model.sha256) continue;
        throw badValue('CHECKPOINT_INVALID', {
          what: `the teacher of "${task}"`,
          expected: `the one that the training was begun with, SHA-256 ${show(before?.[task])}`,
          found: `${model.sha256} at ${model.file}`,
          fix: 'put the teacher’s checkpoint back, or train anew in another folder',
        });
      }
    }
  }

  /** Frees them. */
  dispose(): void {
    for (const { model } of this.all.splice(0)) model.dispose();
  }
}

interface Place {
  /** Where it stands in the config. */
  readonly key: string;
  readonly folder: string;
  readonly tasks: readonly string[];
}

/** @throws MtlError `CONFIG_INVALID` where a task is named that there is none of */
function placesOf(
  named: string | Readonly<Record<string, string>>,
  { path, tasks }: Pick<Context, 'path' | 'tasks'>,
): readonly Place[] {
  const names = tasks.map(({ name }) => name);
  const key = `${path}.teachers`;
  if (typeof named === 'string') return [{ key, folder: named, tasks: names }];
  return Object.entries(named).map(([task, folder]) => {
    if (names.includes(task)) return { key: `${key}.${task}`, folder, tasks: [task] };
    throw badValue('CONFIG_INVALID', {
      what: key,
      expected: `folders for tasks of the config, ${names.join(', ')}`,
      found: show(task),
    });
  });
}

function assertTrained(folder: string, key: string): void {
  const run = new RunFolder(folder);
  if (run.exists() && existsSync(run.best)) return;
  throw badValue('RUN_INVALID', {
    what: key,
    expected: 'the folder of a trained run',
    found: run.exists() ? `a run without a best model yet, ${run.path}` : `no run at ${run.path}`,
    fix: run.exists()
      ? `let it go on: mtl train --resume --run ${run.path}`
      : `check the path, or train it: mtl train --preset stan --run ${run.path}`,
  });
}

/** @throws MtlError `CONFIG_INVALID` naming what differs */
function assertFits(
  { tasks: known, size, featureShapes }: FrozenModel,
  name: string,
  key: string,
  { tasks, size: own, features }: Context,
): void {
  const refuse = (expected: string, found: string): never => {
    throw badValue('CONFIG_INVALID', { what: key, expected, found, fix: 'train a teacher for this config' });
  };
  const task = tasks.find((each) => each.name === name)!;
  const theirs = known.find((each) => each.name === name);
  if (!theirs)
    return refuse(`a run with the task ${name}`, `one with ${known.map((each) => each.name).join(', ')}`);
  if (theirs.channels !== task.channels)
    refuse(`a run whose ${name} has ${task.channels} channels`, String(theirs.channels));
  if (size.height !== own.height || size.width !== own.width)
    refuse(`a run on images of ${own.height}×${own.width}`, `one of ${size.height}×${size.width}`);
  if (!featureShapes)
    return refuse('an architecture that gives its features, e.g. stan', 'one that gives none');
  for (const map of ['bottleneck', 'decoded'] as const) {
    const [[height, width], [ours, across]] = [featureShapes[name]![map], features![name]![map]];
    if (height !== ours || width !== across)
      refuse(`a network whose ${map} is ${ours}×${across}, as the student’s`, `${height}×${width}`);
  }
}
