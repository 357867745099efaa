import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { Raster, Size } from '../../../core/index.js';
import { hdf5, type Hdf5Array, type Hdf5File } from '../common/hdf5.js';

const headerLength = 512;

/** Writes nyu_depth_v2_labeled.mat sample by sample, compressed; it appears whole when `finish` is called. */
export class MatWriter {
  private constructor(
    private readonly path: string,
    private readonly beside: string,
    private readonly file: Hdf5File,
    private readonly images: Hdf5Array,
    private readonly labels: Hdf5Array,
    private readonly depths: Hdf5Array,
  ) {}

  /** @param count of all samples; what is not written stays 0 */
  static async create(path: string, count: number, { height, width }: Size): Promise<MatWriter> {
    const { File } = await hdf5();
    const beside = `${path}.${process.pid}.tmp`;
    const file = new File(beside, 'w');
    const create = (name: string, channels: readonly number[], dtype: string, matlab: string): Hdf5Array => {
      const part = [...channels, width, height];
      const length = part.reduce((product, side) => product * side, 1);
      const empty =
        dtype === '<f' ? new Float32Array(length) : new (dtype === '<H' ? Uint16Array : Uint8Array)(length);
      const array = file.create_dataset({
        name,
        data: empty,
        dtype,
        shape: [1, ...part],
        maxshape: [count, ...part],
        chunks: [1, ...part],
        compression: 'gzip',
      });
      array.resize([count, ...part]);
      array.create_attribute('MATLAB_class', matlab, null, `S${matlab.length}`);
      return array;
    };
    return new MatWriter(
      path,
      beside,
      file,
      create('images', [3], '<B', 'uint8'),
      create('labels', [], '<H', 'uint16'),
      create('depths', [], '<f', 'single'),
    );
  }

  image(index: number, image: Raster): void {
    this.images.write_slice([[index, index + 1]], byColumns(image, new Uint8Array(image.data.length)));
  }

  /** @param objects 0–894, 0 = unlabelled */
  label(index: number, objects: Raster): void {
    this.labels.write_slice([[index, index + 1]], byColumns(objects, new Uint16Array(objects.data.length)));
  }

  /** @param metres 0 = none */
  depth(index: number, metres: Raster): void {
    this.depths.write_slice([[index, index + 1]], byColumns(metres, new Float32Array(metres.data.length)));
  }

  /** Puts MATLAB's header before what was written, and the file into place. */
  finish(): void {
    this.file.close();
    const whole = `${this.beside}.whole`;
    try {
      prepend(matlabHeader(), this.beside, whole);
      renameSync(whole, this.path);
    } finally {
      rmSync(whole, { force: true });
      rmSync(this.beside, { force: true });
    }
  }

  /** Leaves nothing behind. */
  abandon(): void {
    this.file.close();
    rmSync(this.beside, { force: true });
  }
}

/** Channels after one another, and in each of them column after column. */
function byColumns<T extends Uint8Array | Uint16Array | Float32Array>(raster: Raster, out: T): T {
  const { height, width, channels, data } = raster;
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let x = 0; x < width; x++) {
      for (let y = 0; y < height; y++) out[at++] = data[(y * width + x) * channels + channel]!;
    }
  }
  return out;
}

/** 116 bytes of text, 8 of nothing, version 2.0, byte order; HDF5 looks for its own beginning at byte 512. */
function matlabHeader(): Buffer {
  const header = Buffer.alloc(headerLength);
  header.fill(' ', 0, 116);
  header.write('MATLAB 7.3 MAT-file, written by crosstask, HDF5 schema 1.00 .', 'latin1');
  header.writeUInt16LE(0x0200, 124);
  header.write('IM', 126, 'latin1');
  return header;
}

function prepend(header: Buffer, from: string, to: string): void {
  const [source, target] = [openSync(from, 'r'), openSync(to, 'w')];
  try {
    writeAll(target, header);
    const part = Buffer.alloc(2 ** 20);
    for (let read = readSync(source, part); read > 0; read = readSync(source, part)) {
      writeAll(target, part.subarray(0, read));
    }
    fsyncSync(target);
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

function writeAll(target: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(target, bytes, written);
}
