import type { Raster, RgbImage, Size } from '../contracts/index.js';
import { collate, prepare, within } from '../data/index.js';
import { MtlError } from '../errors.js';
import { interruption } from '../interruption.js';
import { openRgb } from '../io/read-rgb.js';
import type { Model } from '../model/index.js';
import { predictImages, type ImagePrediction } from './predict-images.js';
import { predictTiled } from './predict-tiled.js';
import { readAhead } from './read-ahead.js';
import { resizeDecoded } from './resize-decoded.js';

/** How pictures are predicted. */
export interface ImagePredictorOptions {
  /** Images, or tiles of one, side by side; default 8. */
  readonly batchSize?: number | undefined;
  /** Also transferred predictions and consistency energy; default false. */
  readonly transfer?: boolean | undefined;
  /** Of what comes out: the picture's own (default), or the model's. */
  readonly size?: 'original' | 'model' | undefined;
  /**
   * Pictures at least as large as the model's images are predicted in their own size, in tiles that have this share
   * (0–0.5) in common with their neighbours; absent: every picture is resized to the model's size.
   */
  readonly overlap?: number | undefined;
  /** The longer side of `ImageResult.image` at most; default 512. */
  readonly imageSide?: number | undefined;
  /** Told of pictures that cannot be read, which are then left out; absent: the first one is thrown. */
  readonly onBad?: ((file: string, error: MtlError) => void) | undefined;
  /** Aborting it ends the stream before the next image. */
  readonly signal?: AbortSignal | undefined;
}

/** What a model says about one picture. */
export interface ImageResult extends ImagePrediction {
  readonly file: string;
  /** Of the picture, upright as viewers show it. */
  readonly original: Size;
  /** The picture itself, its longer side at most `imageSide`. */
  readonly image: RgbImage;
}

interface Opened extends Pick<ImageResult, 'file' | 'original' | 'image'> {
  /** In the model's size. */
  readonly input: RgbImage;
  /** In its own size; only where it is to be tiled. */
  readonly whole: RgbImage | undefined;
}

/**
 * A trained model's predictions for picture files (PNG, JPEG, WebP, TIFF, GIF, AVIF), one after the other: the next are
 * decoded while one is predicted, and only those of a batch and one of their results are held at a time.
 */
export class ImagePredictor {
  private readonly model: Model;
  private readonly size: Size;
  private readonly batchSize: number;

  /** @param trained see `openModel`; it stays the caller's */
  constructor(
    trained: { readonly model: Model; readonly data: { readonly size: Size } },
    private readonly options: ImagePredictorOptions = {},
  ) {
    this.model = trained.model;
    this.size = trained.data.size;
    this.batchSize = options.batchSize ?? 8;
  }

  /**
   * @param files paths
   * @throws MtlError `SAMPLE_INVALID` naming a file that is no readable picture; `INTERRUPTED` once the signal is aborted
   */
  async *images(
    files: Iterable<string> | AsyncIterable<string>,
  ): AsyncGenerator<ImageResult, void, undefined> {
    const isTiling = this.options.overlap !== undefined;
    const batch: Opened[] = [];
    // A picture in its own size may take 200 MB.
    for await (const opened of readAhead(files, isTiling ? 1 : this.batchSize, (file) => this.open(file))) {
      if (this.options.signal?.aborted) throw interruption();
      if (!opened) continue;
      if (opened.whole) yield this.result(opened, await this.tiled(opened.whole, opened.input));
      else batch.push(opened);
      if (isTiling || batch.length === this.batchSize) yield* this.predicted(batch.splice(0));
    }
    yield* this.predicted(batch);
  }

  private async *predicted(batch: readonly Opened[]): AsyncGenerator<ImageResult, void, undefined> {
    if (batch.length === 0) return;
    const predictions = await this.predict(batch.map(({ input }) => input));
    for (const [index, opened] of batch.entries()) {
      if (this.options.signal?.aborted) throw interruption();
      // One at a time: large ones take a thousand times the memory that they had at the model's size.
      yield this.result(opened, predictions[index]!);
    }
  }

  private async open(file: string): Promise<Opened | undefined> {
    if (this.options.signal?.aborted) throw interruption();
    const { size, options } = this;
    try {
      return await openRgb(file, { upright: true }, async (picture) => {
        const original = { height: picture.height, width: picture.width };
        return {
          file,
          original,
          input: await picture.pixels(size),
          whole:
            options.overlap !== undefined && isLarger(original, size) ? await picture.pixels() : undefined,
          image: await picture.pixels(within(original, options.imageSide ?? 512)),
        };
      });
    } catch (error) {
      if (!(error instanceof MtlError && error.code === 'SAMPLE_INVALID') || !options.onBad) throw error;
      options.onBad(file, error);
      return undefined;
    }
  }

  private predict(inputs: readonly RgbImage[]): Promise<readonly ImagePrediction[]> {
    const samples = inputs.map((image, index) => ({ ...this.size, id: `image ${index}`, image, labels: {} }));
    return predictImages(this.model, collate(samples.map((sample) => prepare(sample, []))), {
      transfer: this.options.transfer ?? false,
    });
  }

  private async tiled(whole: RgbImage, input: RgbImage): Promise<ImagePrediction> {
    const { model, size, batchSize, options } = this;
    const { overlap, transfer = false } = options;
    const tiled = await predictTiled(model, whole, { size, overlap: overlap!, batchSize, transfer });
    if (!model.tasks.some(({ pooled }) => pooled)) return tiled;
    // What is said of the whole image comes from the whole image.
    const [of] = await this.predict([input]);
    return { ...tiled, direct: { ...of!.direct, ...tiled.direct } };
  }

  private result({ file, original, image }: Opened, prediction: ImagePrediction): ImageResult {
    const size = this.options.size === 'model' ? this.size : original;
    return { file, original, image, ...resized(this.model, prediction, size) };
  }
}

function resized({ tasks }: Model, prediction: ImagePrediction, size: Size): ImagePrediction {
  const fit = (raster: Raster, name: string): Raster => {
    const task = tasks.find((each) => each.name === name)!;
    return task.pooled ? raster : resizeDecoded(raster, size, task.decoded);
  };
  const { direct, transferred, energy } = prediction;
  return {
    direct: Object.fromEntries(Object.entries(direct).map(([name, raster]) => [name, fit(raster, name)])),
    transferred: transferred.map((edge) => ({ ...edge, decoded: fit(edge.decoded, edge.to) })),
    ...(energy ? { energy: resizeDecoded(energy, size, undefined) as Raster<Float32Array> } : {}),
  };
}

/** At least as large both ways, and larger one way. */
function isLarger(picture: Size, { height, width }: Size): boolean {
  return (
    picture.height >= height && picture.width >= width && picture.height * picture.width > height * width
  );
}
