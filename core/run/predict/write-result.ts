import { join } from 'node:path';
import type { DecodedInfo, Raster, RgbImage, Task } from '../../contracts/index.js';
import { writeAtomically } from '../../io/atomic-write.js';
import { encodePng } from '../../io/picture.js';
import {
  panelOf,
  picturesOf,
  type ImageResult,
  type RawEncoding,
  type RawPicture,
} from '../../prediction/index.js';
import { encodeAmounts, encodeRaw } from '../../prediction/raw.js';
import { edgeName, energyName, outputPath, type OutputKind } from './output.js';

/** A raw picture, and what its numbers stand for. */
export interface RawFile extends RawEncoding {
  readonly file: string;
}

/** What a task says of the whole image. */
export type ImageValue =
  | { readonly class: string; readonly id: number }
  | { readonly value: number; readonly unit: string }
  | { readonly values: readonly number[] };

/** What was written for one image; files by their paths from the output folder. */
export interface WrittenImage {
  readonly name: string;
  /** The picture itself, an absolute path. */
  readonly source: string;
  /** Of the picture: [height, width], upright. */
  readonly size: readonly [number, number];
  /** By part: a task, `FROM-to-TO`, `consistency-energy`. */
  readonly color?: Readonly<Record<string, string>>;
  readonly raw?: Readonly<Record<string, RawFile>>;
  readonly mosaic?: string;
  /** By task that predicts once per image. */
  readonly values: Readonly<Record<string, ImageValue>>;
}

export interface WriteOptions {
  readonly folder: string;
  readonly tasks: readonly Task[];
  readonly kinds: readonly OutputKind[];
  /** The energy that is drawn brightest. */
  readonly energyRange: number;
}

/** Writes all that is said about one image, each file whole or not at all. */
export async function writeResult(
  result: ImageResult,
  name: string,
  { folder, tasks, kinds, energyRange }: WriteOptions,
): Promise<WrittenImage> {
  const put = async (path: string, picture: Raster<Uint8Array | Uint16Array>): Promise<string> => {
    writeAtomically(join(folder, path), await encodePng(inChannelsOfPng(picture)));
    return path;
  };
  const { height, width } = result.original;
  const written = {
    name,
    source: result.file,
    size: [height, width] as const,
    values: valuesOf(tasks, result),
  };
  const raw = kinds.includes('raw')
    ? await writeRaw(rawPictures(tasks, result, energyRange), name, put)
    : undefined;
  if (!kinds.includes('color') && !kinds.includes('mosaic')) return { ...written, ...(raw ? { raw } : {}) };
  const pictures = picturesOf(tasks, result, energyRange);
  const { direct, transferred, energy } = pictures;
  const all: Record<string, RgbImage> = {
    ...direct,
    ...Object.fromEntries(transferred.map((edge) => [edgeName(edge), edge.picture])),
    ...(energy ? { [energyName]: energy } : {}),
  };
  const color = kinds.includes('color')
    ? await eachOf(all, (picture, part) => put(outputPath('color', name, part), picture))
    : undefined;
  const mosaic = kinds.includes('mosaic')
    ? await put(outputPath('mosaic', name), await panelOf(result.image, pictures))
    : undefined;
  return { ...written, ...(color ? { color } : {}), ...(raw ? { raw } : {}), ...(mosaic ? { mosaic } : {}) };
}

function rawPictures(
  tasks: readonly Task[],
  { direct, transferred, energy }: ImageResult,
  energyRange: number,
): Record<string, RawPicture> {
  const info = (name: string): DecodedInfo | undefined => tasks.find((task) => task.name === name)!.decoded;
  const pictured = tasks.filter(({ pooled }) => !pooled);
  return {
    ...Object.fromEntries(pictured.map(({ name, decoded }) => [name, encodeRaw(direct[name]!, decoded)])),
    ...Object.fromEntries(
      transferred.map((edge) => [edgeName(edge), encodeRaw(edge.decoded, info(edge.to))]),
    ),
    ...(energy ? { [energyName]: encodeAmounts(energy, 16 * energyRange) } : {}),
  };
}

function writeRaw(
  pictures: Readonly<Record<string, RawPicture>>,
  name: string,
  put: (path: string, picture: Raster<Uint8Array | Uint16Array>) => Promise<string>,
): Promise<Record<string, RawFile>> {
  return eachOf(pictures, async ({ picture, encoding }, part) => ({
    file: await put(outputPath('raw', name, part), picture),
    ...encoding,
  }));
}

/** A PNG has one or three channels: others lie one below the other, the first on top. */
function inChannelsOfPng(picture: Raster<Uint8Array | Uint16Array>): Raster<Uint8Array | Uint16Array> {
  const { height, width, channels, data } = picture;
  if (channels === 1 || channels === 3) return picture;
  const out = data.slice();
  const pixels = height * width;
  data.forEach((value, at) => (out[(at % channels) * pixels + Math.floor(at / channels)] = value));
  return { height: height * channels, width, channels: 1, data: out };
}

function valuesOf(tasks: readonly Task[], { direct }: ImageResult): Record<string, ImageValue> {
  return Object.fromEntries(
    tasks.filter(({ pooled }) => pooled).map((task) => [task.name, valueOf(task, direct[task.name]!)]),
  );
}

function valueOf({ decoded }: Task, { data }: Raster): ImageValue {
  if (decoded?.kind === 'imageClass')
    return { class: decoded.names[data[0]!] ?? String(data[0]), id: data[0]! };
  if (decoded?.kind === 'imageNumber') return { value: data[0]!, unit: decoded.unit };
  return { values: [...data] };
}

/** Side by side: encoding is done on threads. */
async function eachOf<T, R>(
  items: Readonly<Record<string, T>>,
  work: (item: T, name: string) => Promise<R>,
): Promise<Record<string, R>> {
  const entries = Object.entries(items).map(async ([name, item]) => [name, await work(item, name)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
