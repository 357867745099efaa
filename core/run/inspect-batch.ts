import { existsSync, readFileSync } from 'node:fs';
import type { RgbImage, Task } from '../contracts/index.js';
import type { LoadedConfig } from '../config/index.js';
import { batchImages, mosaic, separate, type HostBatch, type HostBatchTarget } from '../data/index.js';
import { badValue, messageOf, MtlError } from '../errors.js';
import { writePicture } from '../io/picture.js';
import { parseSafetensors, type HostTensor, type Safetensors } from '../io/safetensors.js';
import { openData } from './data.js';
import { problemFiles, type ProblemNotes } from './problem.js';

/** What one array of a batch holds. */
export interface ArrayReport {
  readonly shape: readonly number[];
  /** Of its finite values; null where it has none. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly nan: number;
  readonly infinite: number;
}

/** The batch that ended a run. */
export interface BatchReport extends ProblemNotes {
  /** `image`, and `TASK/value` and `TASK/mask` of every task. */
  readonly arrays: Readonly<Record<string, ArrayReport>>;
}

/**
 * Looks at the batch that ended a run, without an engine.
 * @param loaded the run's config
 * @param picture where to draw it, a row each sample: the image, then every task's target; absent = nowhere
 * @throws MtlError `RUN_INVALID` where the run has none, or its files are damaged
 */
export async function inspectBatch(
  loaded: LoadedConfig,
  run: string,
  picture?: string,
): Promise<BatchReport> {
  const files = problemFiles(run);
  if (!existsSync(files.notes)) {
    throw badValue('RUN_INVALID', {
      what: 'the run',
      expected: 'one that ended with a loss or gradient that is no number',
      found: `no ${files.notes}`,
      fix: 'such a run keeps its batch there, where train.nonFinite is stop or rollback',
    });
  }
  const notes = read(files.notes, (bytes) => JSON.parse(bytes.toString('utf8')) as ProblemNotes);
  const { tensors } = read(files.batch, parseSafetensors);
  if (picture !== undefined) await writePicture(picture, pictureOf(tensors, openData(loaded).tasks));
  const arrays = [...tensors].map(([name, tensor]) => [name, reportOf(tensor)] as const);
  return { ...notes, arrays: Object.fromEntries(arrays) };
}

function read<T>(file: string, parse: (bytes: Buffer) => T): T {
  try {
    return parse(readFileSync(file));
  } catch (error) {
    throw new MtlError('RUN_INVALID', `Cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function reportOf({ shape, data }: HostTensor): ArrayReport {
  let [min, max, sum, finite, nan] = [Infinity, -Infinity, 0, 0, 0];
  for (const raw of data) {
    const value = Number(raw);
    if (Number.isNaN(value)) nan += 1;
    if (!Number.isFinite(value)) continue;
    finite += 1;
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const known = (value: number): number | null => (finite > 0 ? value : null);
  const infinite = data.length - finite - nan;
  return { shape, min: known(min), max: known(max), mean: known(sum / finite), nan, infinite };
}

/** Tasks that predict once per image have no picture. */
function pictureOf(tensors: Safetensors['tensors'], tasks: readonly Task[]): RgbImage {
  const columns = tasks.flatMap((task): RgbImage[][] => {
    const [value, mask] = [tensors.get(`${task.name}/value`), tensors.get(`${task.name}/mask`)];
    if (task.pooled || !value || !mask) return [];
    const target = { value: value.data, mask: mask.data, shape: value.shape } as unknown as HostBatchTarget;
    return [separate(target).map((own) => task.render(own.value, own.mask))];
  });
  const { data, shape } = tensors.get('image')!;
  const images = batchImages(data, shape as unknown as HostBatch['shape']);
  return mosaic(images.map((image, row) => [image, ...columns.map((pictures) => pictures[row]!)]));
}
