import { expect } from 'chai';
import {
  openSession,
  type EventListener,
  type Loader,
  type Metric,
  type Saving,
  type Session,
  type Task,
  type TrainingEvent,
} from '../../../core/index.js';
import { Trainer, type TrainerArgs } from '../../../core/training/trainer.js';
import { load } from '../run/tiny.js';

/** One task and no consistency: what is tried here does not depend on the model. */
const small = [
  'consistency=null',
  'tasks.segmentation=null',
  'dataset.labels=["depth"]',
  'weighter=uncertainty',
];

/** A metric that gives the next value of a list each time. */
function scripted(values: number[], higherIsBetter: boolean): Metric {
  return {
    name: 'scripted',
    higherIsBetter,
    reset: () => undefined,
    update: () => undefined,
    compute: () => values.shift()!,
  };
}

/** What is another than usual. */
export interface TrainerChanges {
  /** Of the metric, one for each validation; the task's own metrics where absent. */
  readonly values?: number[];
  readonly task?: (task: Task) => Task;
  readonly signal?: AbortSignal;
  readonly onEvent?: EventListener;
  readonly save?: () => Promise<Saving>;
  /** Makes the training split's loader. */
  readonly train?: (session: Session) => Promise<Loader>;
}

export interface TrainerRun {
  readonly trainer: Trainer;
  readonly events: TrainingEvent[];
  /** Steps after which the model was saved as the best one. */
  readonly best: number[];
  readonly dispose: () => void;
}

/** The tiny model's trainer. */
export async function prepareTrainer(
  overrides: readonly string[],
  { values, task, signal, onEvent, save, train }: TrainerChanges = {},
): Promise<TrainerRun> {
  const session = await openSession(await load(...small, ...overrides), { initialize: true });
  const { config, registry, deps, model, consistency, loading } = session;
  const tasks = session.tasks
    .map((given): Task => (values ? { ...given, metrics: () => [scripted(values, false)] } : given))
    .map(task ?? ((given) => given));
  // The losses are those of the model's tasks.
  Object.defineProperty(model, 'tasks', { value: tasks });
  const weighter = registry.create('weighter', config.weighter, deps);
  weighter.setup({ tasks: ['depth'], kinds: ['regression'], seed: 0 });
  const optimizer = registry.create('optimizer', config.train.optimizer, deps);
  const events: TrainingEvent[] = [];
  const best: number[] = [];
  const args: TrainerArgs = {
    settings: config.train,
    tasks,
    model,
    consistency,
    weighter,
    optimizer,
    train: await (train?.(session) ?? loading.open('train')),
    val: await loading.open('val'),
    signal,
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
    },
    save: (parts, isBest) => {
      expect(parts.model).to.equal(model);
      if (isBest) best.push(trainer.progress.step);
      return save?.() ?? Promise.resolve({ file: 'last', written: Promise.resolve() });
    },
  };
  const trainer = new Trainer(args);
  const dispose = (): void => [weighter, optimizer, session].forEach((part) => part.dispose());
  return { trainer, events, best, dispose };
}

/** Trains to the end, or to where it stops. */
export async function runTrainer(
  overrides: readonly string[],
  values?: number[],
): Promise<TrainerRun & { outcome: string }> {
  const prepared = await prepareTrainer(overrides, values ? { values } : {});
  const outcome = await prepared.trainer.run();
  prepared.dispose();
  return { ...prepared, outcome };
}

/** The events of one type. */
export function of<T extends TrainingEvent['type']>(type: T, events: readonly TrainingEvent[]) {
  return events.filter((event): event is Extract<TrainingEvent, { type: T }> => event.type === type);
}
