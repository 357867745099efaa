import type { DecodedInfo, Size, Task } from '../contracts/index.js';
import { imageMean, imageStd } from '../data/index.js';
import type { Model } from '../model/index.js';
import { decodedOutput, inputName, predictionOutput, transferredOutput } from './graph/index.js';

/** A task of an exported model. */
export interface ExportedTask {
  readonly kind: Task['kind'];
  /** Whether it predicts once per image, [batch, 1, 1, …]. */
  readonly pooled: boolean;
  /** Name of the output of its head, [batch, height, width, channels]: logits, metres … */
  readonly prediction: string;
  /** Name of the output with values of the labels' kind, [batch, height, width, …]: class ids for logits. */
  readonly decoded: string;
  /** What these mean, `Task.decoded`: names and colours of classes, unit and range of numbers; null where the task does not tell. */
  readonly info: DecodedInfo | null;
}

/** What stands under `crosstask` in an exported model's `userDefinedMetadata`. */
export interface ExportMetadata {
  readonly version: 1;
  /** [batch, height, width, 3], RGB: (pixel / 255 − mean) / std. */
  readonly input: Size & {
    readonly name: string;
    readonly mean: readonly number[];
    readonly std: readonly number[];
  };
  readonly tasks: Readonly<Record<string, ExportedTask>>;
  /** What the tasks say about each other; empty without the transfer nets. */
  readonly transferred: readonly { readonly from: string; readonly to: string; readonly output: string }[];
}

export function metadataOf(
  { tasks, edges }: Pick<Model, 'tasks' | 'edges'>,
  { height, width }: Size,
  transfer: boolean,
): ExportMetadata {
  return {
    version: 1,
    input: { name: inputName, height, width, mean: imageMean, std: imageStd },
    tasks: Object.fromEntries(
      tasks.map((task): [string, ExportedTask] => [
        task.name,
        {
          kind: task.kind,
          pooled: task.pooled === true,
          prediction: predictionOutput(task),
          decoded: decodedOutput(task),
          info: task.decoded ?? null,
        },
      ]),
    ),
    transferred: (transfer ? edges : []).map(({ from, to }) => ({
      from: from.name,
      to: to.name,
      output: transferredOutput(from, to),
    })),
  };
}
