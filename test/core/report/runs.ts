/** Run folders as trainings leave them, without the training. */
import { basename } from 'node:path';
import { RunFolder, writeAtomically, type TrainingEvent } from '../../../core/index.js';
import { environment, load } from '../run/tiny.js';

export const stepsPerEpoch = 4;

/** Epochs as they would be trained: losses fall, metrics rise, and every second step has diagnostics. */
export function* eventsOf(epochs: number, steps = stepsPerEpoch): Generator<TrainingEvent> {
  yield {
    type: 'start',
    epochs,
    stepsPerEpoch: steps,
    batchSize: 2,
    trainSamples: 2 * steps,
    valSamples: 2,
    parameters: 1234,
    resumedAt: 0,
  };
  for (let epoch = 0; epoch < epochs; epoch++) yield* epochOf(epoch, steps);
}

/** @param epoch from 0 */
export function* epochOf(epoch: number, steps = stepsPerEpoch): Generator<TrainingEvent> {
  for (let at = 1; at <= steps; at++) {
    const step = epoch * steps + at;
    const loss = 1 / (1 + step) + 0.01 * Math.sin(step);
    yield {
      type: 'step',
      epoch,
      step,
      losses: {
        segmentation: { total: loss + 0.02, direct: loss, transferred: { depth: 2 } },
        depth: { total: 2 * loss + 0.02, direct: 2 * loss, transferred: { segmentation: 2 } },
      },
      learningRate: 0.001 * 0.5 ** epoch,
      imagesPerSecond: 20 + (step % 3),
      ...(step % 2 === 0
        ? {
            diagnostics: {
              norms: { segmentation: 1, depth: 2 },
              cosines: {
                segmentation: { segmentation: 1, depth: Math.sin(step) },
                depth: { segmentation: Math.sin(step), depth: 1 },
              },
              conflicts: [],
            },
          }
        : {}),
    };
  }
  const step = (epoch + 1) * steps;
  yield {
    type: 'epoch',
    epoch,
    step,
    meanLosses: { segmentation: 1 / step, depth: 2 / step },
    weights: { segmentation: 0.5, depth: 0.5 + 0.01 * epoch },
    waiting: 0.1,
  };
  const share = (epoch + 1) / (epoch + 2);
  yield {
    type: 'validation',
    epoch,
    step,
    metrics: { segmentation: { miou: share }, depth: { absolute: 10 - share, relative: 1 - share } },
    best: true,
  };
}

/**
 * A run's folder with these events.
 * @param epochs that it is to have
 */
export async function writeRun(
  path: string,
  events: Iterable<TrainingEvent>,
  { epochs = 2 }: { readonly epochs?: number } = {},
): Promise<RunFolder> {
  const folder = new RunFolder(path);
  const loaded = await load(`train.epochs=${epochs}`);
  folder.create(loaded, dataOf(), { ...environment, engineDetail: basename(path) });
  const lines = [...events].map((event) => `${JSON.stringify(event)}\n`);
  writeAtomically(`${folder.path}/events.jsonl`, lines.join(''));
  return folder;
}

function dataOf(): Parameters<RunFolder['create']>[1] {
  return {
    size: { height: 32, width: 32 },
    labels: {
      segmentation: {
        kind: 'classes',
        names: ['a', 'b'],
        colors: [
          [9, 9, 9],
          [99, 9, 9],
        ],
        void: 255,
      },
      depth: { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, 10] },
    },
  };
}
