import { pairsOf } from '../../training/diagnostics.js';
import type { TrainingEvent } from '../../training/events.js';

/** Values by their charts' names; what stands before the first / is the group that a chart is shown in. */
export type Scalars = Readonly<Record<string, number>>;

type Step = Extract<TrainingEvent, { type: 'step' }>;

/** What an event has for charts. */
export function scalarsOf(event: TrainingEvent): Scalars {
  if (event.type === 'step') {
    return {
      ...lossesOf(event),
      'train/learningRate': event.learningRate,
      'train/imagesPerSecond': event.imagesPerSecond,
      ...gradientsOf(event),
    };
  }
  if (event.type === 'epoch') {
    return {
      'train/waiting': event.waiting,
      ...prefixed('weight/', event.weights),
      ...prefixed('epochLoss/', event.meanLosses),
    };
  }
  return event.type === 'validation' ? nested('validation/', event.metrics) : {};
}

/** E.g. `loss/depth/total`, `…/direct`, `…/to.segmentation`, `…/backFrom.segmentation`, `…/from.kd4mtl`. */
function lossesOf({ losses }: Step): Scalars {
  return nested(
    'loss/',
    Object.fromEntries(
      Object.entries(losses).map(([task, { total, direct, transferred, cycled = {}, auxiliary = {} }]) => [
        task,
        {
          total,
          direct,
          ...prefixed('to.', transferred),
          ...prefixed('backFrom.', cycled),
          ...prefixed('from.', auxiliary),
        },
      ]),
    ),
  );
}

/** E.g. `gradient/norm.depth`, `gradient/cosine.depth.segmentation`: a pair once. */
function gradientsOf({ diagnostics }: Step): Scalars {
  if (!diagnostics) return {};
  const tasks = Object.keys(diagnostics.norms);
  return {
    ...prefixed('gradient/norm.', diagnostics.norms),
    ...Object.fromEntries(
      pairsOf(tasks).map(([task, other]) => [
        `gradient/cosine.${task}.${other}`,
        diagnostics.cosines[task]![other]!,
      ]),
    ),
  };
}

function nested(prefix: string, groups: Readonly<Record<string, Scalars>>): Scalars {
  return Object.assign(
    {},
    ...Object.entries(groups).map(([name, values]) => prefixed(`${prefix}${name}/`, values)),
  ) as Scalars;
}

function prefixed(prefix: string, values: Scalars): Scalars {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}
