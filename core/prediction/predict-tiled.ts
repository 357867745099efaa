import * as tf from '@tensorflow/tfjs';
import type { Raster, RgbImage, Size, Task } from '../contracts/index.js';
import { collate, prepare } from '../data/index.js';
import type { Model, Predictions, TransferEdge } from '../model/index.js';
import { pause } from '../pause.js';
import { decodedImages, type ImagePrediction } from './predict-images.js';
import { tileSpans, type TileSpan } from './tiles.js';

export interface TiledOptions {
  /** Of the model's images: a tile's. */
  readonly size: Size;
  /** Share of a tile, 0–0.5, that neighbours have in common at least. */
  readonly overlap: number;
  /** Tiles side by side. */
  readonly batchSize: number;
  readonly transfer: boolean;
}

/**
 * A model's predictions for a picture in its own size, at least the model's both ways: overlapping tiles, whose scores and
 * values are blended before they are decoded. Tasks that predict once per image are left out. What is held at a time is a
 * strip as high as a tile, and what is decoded.
 */
export async function predictTiled(
  model: Model,
  image: RgbImage,
  options: TiledOptions,
): Promise<ImagePrediction> {
  const tasks = model.tasks.filter(({ pooled }) => !pooled);
  const edges = options.transfer ? model.edges : [];
  const { size, overlap, batchSize } = options;
  const [rows, columns] = [
    tileSpans(image.height, size.height, overlap),
    tileSpans(image.width, size.width, overlap),
  ];
  const channels = [...tasks.map((task) => task.channels), ...edges.map(({ to }) => to.channels)];
  const line = channels.map((count) => count * image.width);
  // Head outputs for a strip of the picture, added up tile by tile: a task's each, then an edge's each.
  const sums = line.map((length) => new Float32Array(length * size.height));
  const done: ImagePrediction[] = [];
  for (const [index, row] of rows.entries()) {
    for (let at = 0; at < columns.length; at += batchSize) {
      const batch = columns.slice(at, at + batchSize);
      const outputs = await headOutputs(model, tasks, batch.map(tileOf(image, row, size)), options.transfer);
      for (const [output, all] of sums.entries()) {
        addTiles(all, outputs[output]!, {
          row,
          columns: batch,
          width: image.width,
          channels: channels[output]!,
        });
      }
      await pause();
    }
    const height = (rows[index + 1]?.start ?? image.height) - row.start;
    // Copies: an engine may keep the arrays that it is given, and give them back.
    const ready = sums.map((all, output) => all.slice(0, height * line[output]!));
    done.push(await decodedStrip({ tasks, edges, channels }, ready, { height, width: image.width }));
    for (const [output, all] of sums.entries()) {
      all.copyWithin(0, height * line[output]!);
      all.fill(0, all.length - height * line[output]!);
    }
  }
  return stacked(done);
}

/** Cuts one tile out. */
function tileOf(image: RgbImage, { start: top }: TileSpan, { height, width }: Size) {
  return ({ start: left }: TileSpan): RgbImage => {
    const data = new Uint8Array(height * width * 3);
    for (let y = 0; y < height; y++) {
      const from = ((top + y) * image.width + left) * 3;
      data.set(image.data.subarray(from, from + width * 3), y * width * 3);
    }
    return { height, width, channels: 3, data };
  };
}

/** What the heads, then the transfer nets give for some tiles, undecoded. */
async function headOutputs(
  model: Model,
  tasks: readonly Task[],
  tiles: readonly RgbImage[],
  transfer: boolean,
): Promise<readonly Float32Array[]> {
  const { image, shape } = collate(
    tiles.map((tile, index) => prepare({ ...tile, id: `tile ${index}`, image: tile, labels: {} }, [])),
  );
  const tensors = tf.tidy(() => {
    const { direct, transferred } = model.forward(tf.tensor4d(image, [...shape]), {
      training: false,
      transfer,
    });
    // A head may give a tensor that is a parameter's or the image itself.
    return [
      ...tasks.map(({ name }) => direct[name]!),
      ...transferred.map(({ prediction }) => prediction),
    ].map((tensor) => tensor.clone());
  });
  try {
    return await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  } finally {
    tf.dispose(tensors);
  }
}

interface Place {
  readonly row: TileSpan;
  readonly columns: readonly TileSpan[];
  /** Of the picture. */
  readonly width: number;
  readonly channels: number;
}

function addTiles(sums: Float32Array, tiles: Float32Array, { row, columns, width, channels }: Place): void {
  let at = 0;
  for (const { start, weights } of columns) {
    for (const [y, down] of row.weights.entries()) {
      let place = (y * width + start) * channels;
      for (const across of weights) {
        const weight = down * across;
        for (let channel = 0; channel < channels; channel++) sums[place++]! += weight * tiles[at++]!;
      }
    }
  }
}

interface Outputs {
  readonly tasks: readonly Task[];
  readonly edges: readonly TransferEdge[];
  /** Of each task's, then each edge's. */
  readonly channels: readonly number[];
}

async function decodedStrip(
  { tasks, edges, channels }: Outputs,
  values: readonly Float32Array[],
  { height, width }: Size,
): Promise<ImagePrediction> {
  const [strip] = await decodedImages(tasks, (): Predictions => {
    const tensor = (output: number): tf.Tensor4D =>
      tf.tensor4d(values[output]!, [1, height, width, channels[output]!]);
    return {
      direct: Object.fromEntries(tasks.map(({ name }, index) => [name, tensor(index)])),
      transferred: edges.map(({ from, to }, index) => ({
        from,
        to,
        prediction: tensor(tasks.length + index),
      })),
    };
  });
  return strip ?? { direct: {}, transferred: [] };
}

/** Strips one below the other. */
function stacked(strips: readonly ImagePrediction[]): ImagePrediction {
  const [first] = strips;
  const whole = (pick: (strip: ImagePrediction) => Raster): Raster => stack(strips.map(pick));
  return {
    direct: Object.fromEntries(
      Object.keys(first!.direct).map((task) => [task, whole(({ direct }) => direct[task]!)]),
    ),
    transferred: first!.transferred.map((edge, index) => ({
      ...edge,
      decoded: whole(({ transferred }) => transferred[index]!.decoded),
    })),
    ...(first!.energy ? { energy: whole(({ energy }) => energy!) as Raster<Float32Array> } : {}),
  };
}

function stack(parts: readonly Raster[]): Raster {
  const { width, channels, data: like } = parts[0]!;
  const length = parts.reduce((sum, { data }) => sum + data.length, 0);
  const data = like instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { height: length / (width * channels), width, channels, data };
}
