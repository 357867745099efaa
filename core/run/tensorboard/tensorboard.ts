import { join } from 'node:path';
import type { RgbImage, Task } from '../../contracts/index.js';
import { mosaic, type HostBatch } from '../../data/index.js';
import type { DecodedPredictions } from '../../evaluation/index.js';
import { encodePng } from '../../io/picture.js';
import type { TrainingEvent } from '../../training/events.js';
import { EventFile } from './event-file.js';
import { panelRows } from './panel.js';
import { scalarsOf } from './scalars.js';

/** Samples of the validation split that are drawn. */
const drawnSamples = 4;

/** Writes a run down for TensorBoard, in its folder's `tensorboard/`: a run's events as charts, and pictures of what it predicts. */
export class TensorBoardLog {
  private readonly folder: string;
  private file: EventFile | undefined;
  /** Of the validation that is under way. */
  private rows: (readonly RgbImage[])[] = [];
  /** Settles when all pictures so far are written, or one could not be. */
  private drawing: Promise<void> = Promise.resolve();
  private failure: Error | undefined;

  constructor(
    run: string,
    private readonly tasks: readonly Task[],
  ) {
    this.folder = join(run, 'tensorboard');
  }

  /**
   * Writes down what an event has for charts; `start` begins a file.
   * @throws MtlError `RUN_INVALID` where it, or a picture before it, could not be written
   */
  append(event: TrainingEvent): void {
    if (this.failure !== undefined) throw this.failure;
    if (event.type === 'start') this.file = new EventFile(this.folder, event.resumedAt);
    const scalars = Object.entries(scalarsOf(event));
    if (!this.file || !('step' in event) || scalars.length === 0) return;
    const value = scalars.map(([tag, simpleValue]) => ({ tag, simpleValue }));
    this.file.append(event.step, { summary: { value } });
    if (event.type === 'validation') this.draw(this.file, event.step);
  }

  /** Keeps the first samples of a validation for its picture. */
  predictions(batch: HostBatch, predictions: DecodedPredictions): void {
    const missing = drawnSamples - this.rows.length;
    if (missing > 0) this.rows.push(...panelRows(batch, predictions, this.tasks, missing));
  }

  /**
   * Waits for the pictures that are under way.
   * @throws MtlError `RUN_INVALID` where one could not be written
   */
  async close(): Promise<void> {
    await this.drawing;
    if (this.failure !== undefined) throw this.failure;
  }

  /** Training goes on meanwhile; a failure is told at the next event, or at the end. */
  private draw(file: EventFile, step: number): void {
    if (this.rows.length === 0) return;
    const picture = mosaic(this.rows);
    this.rows = [];
    const { height, width } = picture;
    const write = async (): Promise<void> => {
      const png = await encodePng(picture);
      const image = { height, width, colorspace: 3, encodedImageString: png } as const;
      file.append(step, { summary: { value: [{ tag: 'validation/samples', image }] } });
    };
    this.drawing = this.drawing.then(write).catch((error: unknown) => {
      this.failure ??= error as Error;
    });
  }
}
