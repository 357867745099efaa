import { access, constants, stat } from 'node:fs/promises';
import {
  badValue,
  checkRegularFile,
  fixOf,
  messageOf,
  type MtlError,
  type Raster,
  type RgbImage,
} from '../../../core/index.js';
import { arrayOf, hdf5, hdf5Message, type Hdf5Array, type Hdf5File } from '../common/hdf5.js';

export const matFileName = 'nyu_depth_v2_labeled.mat';

/** What the file has of each sample; HDF5 sees MATLAB's arrays with their dimensions in reverse. */
const contents = {
  /** [N, 3, W, H] RGB. */
  images: { dtype: '<B', text: 'uint8', rank: 4 },
  /** [N, W, H] of 894 objects, 0 = unlabelled. */
  labels: { dtype: '<H', text: 'uint16', rank: 3 },
  /** [N, W, H] metres. */
  depths: { dtype: '<f', text: 'single', rank: 3 },
} as const;
type ArrayName = keyof typeof contents;

/** So that no broken file asks for gigabytes. */
const longestSide = 4096;
/** Bytes of the compressed pieces (chunks) of an array, each unpacked as a whole; a sample takes 1.2 MB. */
const largestPiece = 64 * 2 ** 20;

const fix = `fetch ${matFileName} again`;

/**
 * nyu_depth_v2_labeled.mat (MATLAB 7.3, which is HDF5 behind 512 bytes), read sample by sample: the file is 2.8 GB long.
 */
export class MatFile {
  private constructor(
    private readonly file: string,
    private readonly opened: Hdf5File,
    private readonly arrays: Readonly<Partial<Record<ArrayName, Hdf5Array>>>,
    /** Number of samples. */
    readonly length: number,
    private readonly height: number,
    private readonly width: number,
  ) {}

  /**
   * @param wanted the arrays that will be read; the others may be absent
   * @throws MtlError `DATA_INVALID` where it is no such file
   */
  static async open(file: string, wanted: readonly ArrayName[]): Promise<MatFile> {
    const opened = await openHdf5(file);
    try {
      const arrays: Partial<Record<ArrayName, Hdf5Array>> = {};
      const sizes = wanted.map((name) => {
        const array = checkedArray(opened, file, name);
        arrays[name] = array;
        const shape = array.shape ?? [];
        return { name, shape, size: [shape[0]!, shape.at(-1)!, shape.at(-2)!] as const };
      });
      const [length, height, width] = sizes[0]!.size;
      for (const { name, shape, size } of sizes) {
        const isSame = size.every((side, axis) => side === sizes[0]!.size[axis] && side > 0);
        if (isSame && height <= longestSide && width <= longestSide) continue;
        throw badValue('DATA_INVALID', {
          what: file,
          expected: `images, labels and depths of the same number and size, at most ${longestSide}×${longestSide}`,
          found: `"${name}" of shape [${shape.join(', ')}]`,
          fix,
        });
      }
      return new MatFile(file, opened, arrays, length, height, width);
    } catch (error) {
      // Else libhdf5 would go on with what it knows of the file, even if it is replaced.
      opened.close();
      throw error;
    }
  }

  close(): void {
    this.opened.close();
  }

  image(index: number): RgbImage {
    const picture = this.read('images', index, 3);
    if (picture.data instanceof Uint8Array) return { ...picture, data: picture.data };
    throw new RangeError(`${this.file}: the images are no bytes`);
  }

  /** Objects, 0–894. */
  labels(index: number): Raster {
    return this.read('labels', index, 1);
  }

  /** Metres, 0 = none. */
  depths(index: number): Raster {
    return this.read('depths', index, 1);
  }

  /** One sample's part of an array, from columns after columns to rows after rows. */
  private read(name: ArrayName, index: number, channels: number): Raster {
    const { height, width, file } = this;
    const part = whole(file, () => this.arrays[name]?.slice([[index, index + 1]]), `sample ${index + 1}`);
    const count = height * width * channels;
    const isKnown = part instanceof Uint8Array || part instanceof Uint16Array || part instanceof Float32Array;
    if (!isKnown || part.length !== count) throw new RangeError(`${file}: "${name}" was not opened`);
    // An array of the same kind; every number of it gets another place.
    const data = part.slice();
    let at = 0;
    for (let channel = 0; channel < channels; channel++) {
      for (let x = 0; x < width; x++) {
        for (let y = 0; y < height; y++) data[(y * width + x) * channels + channel] = part[at++]!;
      }
    }
    return { height, width, channels, data };
  }
}

/** An array that has the type and number of dimensions of the published one. */
function checkedArray(opened: Hdf5File, file: string, name: ArrayName): Hdf5Array {
  const array = whole(file, () => arrayOf(opened, name));
  const shape = array && whole(file, () => array.shape);
  const { dtype, text, rank } = contents[name];
  if (array) checkStorage(array, file, name);
  if (array?.dtype === dtype && shape?.length === rank && (rank !== 4 || shape[1] === 3)) return array;
  throw badValue('DATA_INVALID', {
    what: file,
    expected: `an array "${name}" of ${text} with ${rank} dimensions`,
    found: array ? `${JSON.stringify(array.dtype)} of shape [${shape?.join(', ')}]` : 'none of that name',
    fix,
  });
}

/** That an array lies in this file, in pieces that memory can hold: HDF5 may point to other files of this machine. */
function checkStorage(array: Hdf5Array, file: string, name: ArrayName): void {
  const { chunks, size, virtual_sources: elsewhere } = whole(file, () => array.metadata);
  const piece = (chunks ?? []).reduce((product, length) => product * length, size);
  if (!elsewhere?.length && piece <= largestPiece) return;
  throw badValue('DATA_INVALID', {
    what: file,
    expected: `an array "${name}" in this file itself, in pieces of at most ${largestPiece} bytes`,
    found: elsewhere?.length ? 'one that lies in other files' : `pieces of ${piece} bytes`,
    fix,
  });
}

async function openHdf5(file: string): Promise<Hdf5File> {
  try {
    // libhdf5 would wait at a pipe, and read a device without end.
    checkRegularFile(await stat(file));
    await access(file, constants.R_OK);
  } catch (error) {
    throw badValue(
      'DATA_INVALID',
      { what: file, expected: 'a readable file', found: messageOf(error), fix: fixOf(error) },
      { cause: error },
    );
  }
  const { File } = await hdf5();
  return whole(file, () => new File(file, 'r'));
}

/** Calls libhdf5 and tells the file and what it says of it where that fails. @param sample what the failure is about */
function whole<T>(file: string, call: () => T, sample?: string): T {
  try {
    return call();
  } catch (error) {
    throw broken(file, error, sample);
  }
}

function broken(file: string, error: unknown, sample: string | undefined): MtlError {
  return badValue(
    sample ? 'SAMPLE_INVALID' : 'DATA_INVALID',
    {
      what: sample ? `${file}, ${sample}` : file,
      expected: 'a whole MATLAB 7.3 file (HDF5)',
      found: hdf5Message(error),
      fix,
    },
    { cause: error },
  );
}
