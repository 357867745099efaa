import { join, resolve } from 'node:path';
import type { LoadedConfig } from '../../config/index.js';
import type { DecodedInfo } from '../../contracts/index.js';
import { writeAtomically } from '../../io/atomic-write.js';
import { ImagePredictor, type ImagePredictorOptions } from '../../prediction/index.js';
import { openModel, type OpenModelOptions, type TrainedModel } from '../open-model.js';
import { findImages, type FoundImage } from './find-images.js';
import { assertNew, indexName, outputKinds, partNames, type OutputKind } from './output.js';
import { writeResult, type WrittenImage } from './write-result.js';

/** Which pictures are predicted, and what is written. */
export interface PredictOptions extends OpenModelOptions, Omit<ImagePredictorOptions, 'onBad' | 'imageSide'> {
  /** Files, folders (with the pictures below them) and globs. */
  readonly images: readonly string[];
  /** Folder for the predictions. */
  readonly out: string;
  /** What is written for each image; default all. */
  readonly kinds?: readonly OutputKind[] | undefined;
  /** The consistency energy that is drawn brightest; default 1. */
  readonly energyRange?: number | undefined;
  /** Whether files that are there may be replaced; default false. */
  readonly force?: boolean | undefined;
  /** Whether pictures that cannot be read are left out, and counted; default false: the first one is thrown. */
  readonly skipBad?: boolean | undefined;
}

/** A picture that could not be read, and was left out. */
export interface SkippedImage {
  readonly file: string;
  readonly reason: string;
}

/** What was predicted. */
export interface PredictReport {
  /** Of the predictions, an absolute path. */
  readonly folder: string;
  /** How many were predicted. */
  readonly images: number;
  readonly skipped: readonly SkippedImage[];
  /** Of reading, predicting and writing, without the time to open the model. */
  readonly imagesPerSecond: number;
}

/** What `predictions.json` holds. */
export interface PredictionIndex {
  /** The run's folder. */
  readonly run: string;
  readonly checkpoint: 'best' | 'last';
  /** Of the model's images: [height, width]. */
  readonly modelSize: readonly [number, number];
  /** Of the predictions: the pictures' own size, or the model's. */
  readonly size: 'original' | 'model';
  /** Least share of a tile that neighbours have in common; null where pictures were resized to the model's size. */
  readonly overlap: number | null;
  /** What each task's values mean; null where the task does not say. */
  readonly tasks: Readonly<Record<string, DecodedInfo | null>>;
  /** The consistency energy that is drawn brightest. */
  readonly energyRange: number;
  readonly images: readonly WrittenImage[];
  readonly skipped: readonly SkippedImage[];
}

/**
 * A run's predictions for pictures, written to a folder: see docs/predict.md for what lies where. The data set is not
 * needed. All is looked over before anything is written; a stop leaves whole files, and an index of them.
 * @param loaded the run's config, see `loadRunConfig`
 * @param onProgress told after each picture
 * @throws MtlError `DATA_INVALID` where there are no pictures, or files in the way; `SAMPLE_INVALID` naming a picture that
 *   cannot be read; `INTERRUPTED` once the signal is aborted; what `openModel` throws
 */
export async function predict(
  loaded: LoadedConfig,
  options: PredictOptions,
  onProgress: (done: number, of: number) => void = () => undefined,
): Promise<PredictReport> {
  const folder = resolve(options.out);
  const found = await findImages(
    options.images,
    outputKinds.map((kind) => join(folder, kind)),
  );
  const trained = await openModel(loaded, options);
  try {
    const { kinds = outputKinds, transfer = false } = options;
    const names = found.map(({ name }) => name);
    if (!options.force) assertNew(folder, names, { kinds, parts: partNames(trained.model, transfer) });
    return await writeAll(trained, { ...options, out: folder }, found, onProgress);
  } finally {
    trained.dispose();
  }
}

async function writeAll(
  trained: TrainedModel,
  options: PredictOptions,
  found: readonly FoundImage[],
  onProgress: (done: number, of: number) => void,
): Promise<PredictReport> {
  const { out: folder, kinds = outputKinds, energyRange = 1, skipBad } = options;
  const images: WrittenImage[] = [];
  const skipped: SkippedImage[] = [];
  const progress = (): void => onProgress(images.length + skipped.length, found.length);
  const onBad = (file: string, { message: reason }: Error): void => {
    skipped.push({ file, reason });
    progress();
  };
  const predictor = new ImagePredictor(trained, {
    ...options,
    ...(skipBad ? { onBad } : {}),
  });
  const names = new Map(found.map(({ file, name }) => [file, name]));
  const start = performance.now();
  const write = { folder, kinds, energyRange, tasks: trained.tasks };
  // One is written while the next is predicted.
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const result of predictor.images(names.keys())) {
      await writing;
      writing = writeResult(result, names.get(result.file)!, write).then((written) => {
        images.push(written);
        progress();
      });
      writing.catch(() => undefined); // told when it is waited for
    }
    await writing;
  } finally {
    await writing.catch(() => undefined);
    const index = indexOf(trained, options, { images, skipped });
    if (images.length > 0) writeAtomically(join(folder, indexName), `${JSON.stringify(index, null, 1)}\n`);
  }
  const seconds = (performance.now() - start) / 1000;
  return { folder, images: images.length, skipped, imagesPerSecond: images.length / seconds };
}

function indexOf(
  { tasks, data: { size } }: TrainedModel,
  { folder, checkpoint = 'best', size: outputSize = 'original', overlap, energyRange = 1 }: PredictOptions,
  { images, skipped }: Pick<PredictionIndex, 'images' | 'skipped'>,
): PredictionIndex {
  return {
    run: resolve(folder),
    checkpoint,
    modelSize: [size.height, size.width],
    size: outputSize,
    overlap: overlap ?? null,
    tasks: Object.fromEntries(tasks.map(({ name, decoded }) => [name, decoded ?? null])),
    energyRange,
    images,
    skipped,
  };
}
