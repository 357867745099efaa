import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { Raster, RgbImage, Sample } from '../contracts/index.js';
import { checkRegularFile, readRegularFile } from '../io/read-file.js';
import { encodeSafetensors, parseSafetensors, type HostTensor } from '../io/safetensors.js';

/** Bumped where an entry means something else than before. */
const version = 1;
/** Files from here on are known by size and time alone: reading them whole would cost more than the cache saves. */
const hashedUpTo = 256 * 2 ** 20;
/** A write that is older was left by a process that died. */
const staleAfter = 60 * 60 * 1000;

const entryInfo = z.object({
  id: z.string(),
  /** Size and time of the files when the sample was read, and a digest of what they held. */
  stamp: z.string(),
  content: z.string(),
});

/**
 * Decoded and resized samples on disk, one file each. An entry is found by the data set's options and the sample's
 * files, and holds as long as the files' sizes and times are the same or, where these differ, their content is.
 *
 * Any number of threads and processes may share a folder: an entry is written beside and renamed into place, so
 * that it is there whole or not at all, and its checksum tells what a crash of the machine tore. A damaged entry is
 * as good as none. Deleting the folder is always safe.
 */
export class DiskCache {
  private readonly digests = new Map<string, Promise<string>>();
  private full = false;

  /**
   * @param folder absolute path; made where it is not there
   * @param identity what the samples depend on beside their files: the data set's kind and options
   */
  constructor(
    private readonly folder: string,
    private readonly identity: string,
  ) {}

  /** Removes what writers that died left behind. */
  async clean(): Promise<void> {
    const names = await readdir(this.folder, { recursive: true }).catch(() => []);
    for (const name of names.filter((found) => found.endsWith('.tmp'))) {
      const file = join(this.folder, name);
      const entry = await stat(file).catch(() => undefined);
      if (entry && Date.now() - entry.mtimeMs > staleAfter) await rm(file, { force: true });
    }
  }

  /**
   * The sample from the cache, or read and kept.
   * @param key tells the samples of one file apart
   * @throws what `read` throws, alone: a cache that cannot be read or written only costs time
   */
  async sample(key: string, files: readonly string[], read: () => Promise<Sample>): Promise<Sample> {
    const file = this.fileOf(key, files);
    const stamp = await stampOf(files).catch(() => undefined);
    // Files that are not there are for `read` to complain about.
    if (stamp === undefined) return read();
    const kept = await this.read(file, files, stamp);
    if (kept) return kept;
    const sample = await read();
    if (!this.full) await this.keep(file, sample, files, stamp);
    return sample;
  }

  private fileOf(key: string, files: readonly string[]): string {
    const name = createHash('sha256')
      .update(JSON.stringify([version, this.identity, key, files]))
      .digest('hex');
    return join(this.folder, name.slice(0, 2), `${name}.safetensors`);
  }

  private async read(file: string, files: readonly string[], stamp: string): Promise<Sample | undefined> {
    try {
      const { sample, info } = decode(await readRegularFile(file));
      if (info.stamp === stamp) return sample;
      if (info.content !== (await this.contentOf(files, stamp))) return undefined;
      await write(file, encode(sample, { ...info, stamp }));
      return sample;
    } catch {
      return undefined;
    }
  }

  private async keep(file: string, sample: Sample, files: readonly string[], stamp: string): Promise<void> {
    try {
      const content = await this.contentOf(files, stamp);
      // Changed while they were read: whose content the sample shows is not known.
      if ((await stampOf(files)) !== stamp) return;
      await write(file, encode(sample, { id: sample.id, stamp, content }));
    } catch {
      // A full disk or a folder that may not be written: nothing more is tried.
      this.full = true;
    }
  }

  private contentOf(files: readonly string[], stamp: string): Promise<string> {
    if (files.length !== 1) return digest(files);
    // One file may hold many samples, which all ask.
    const key = `${files[0]!} ${stamp}`;
    const content = this.digests.get(key) ?? digest(files);
    this.digests.set(key, content);
    return content;
  }
}

async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = files.map(async (file) => {
    const { size, mtimeNs } = await stat(file, { bigint: true });
    return `${size}@${mtimeNs}`;
  });
  return (await Promise.all(stamps)).join(' ');
}

async function digest(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    const entry = await stat(file);
    checkRegularFile(entry);
    const { size, mtimeMs } = entry;
    hash.update(`${size}\n`);
    if (size > hashedUpTo) hash.update(String(mtimeMs));
    else await pipeline(createReadStream(file), hash, { end: false });
  }
  return hash.digest('hex');
}

async function write(file: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const beside = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(beside, bytes);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

type EntryInfo = z.output<typeof entryInfo>;

function encode({ image, labels }: Sample, info: EntryInfo): Buffer {
  const tensors = new Map([['image', tensorOf(image)]]);
  for (const [name, label] of Object.entries(labels))
    if (label) tensors.set(`label/${name}`, tensorOf(label));
  const text = JSON.stringify(info);
  return encodeSafetensors({ tensors, metadata: { info: text, crc32: checksum(text, tensors) } });
}

/** @throws where the entry is damaged */
function decode(bytes: Buffer): { sample: Sample; info: EntryInfo } {
  const { tensors, metadata } = parseSafetensors(bytes);
  const text = metadata.info ?? '';
  if (metadata.crc32 !== checksum(text, tensors)) throw new Error('damaged');
  const info = entryInfo.parse(JSON.parse(text));
  const image = rasterOf(tensors.get('image')) as RgbImage;
  if (image.channels !== 3 || !(image.data instanceof Uint8Array)) throw new Error('damaged');
  const labels = [...tensors].flatMap(([name, tensor]) =>
    name.startsWith('label/') ? [[name.slice('label/'.length), rasterOf(tensor)] as const] : [],
  );
  const { height, width } = image;
  return { sample: { id: info.id, height, width, image, labels: Object.fromEntries(labels) }, info };
}

function tensorOf({ height, width, channels, data }: Raster): HostTensor {
  return { dtype: dtypeOf(data), shape: [height, width, channels], data };
}

function dtypeOf(data: Raster['data']): HostTensor['dtype'] {
  if (data instanceof Uint8Array) return 'U8';
  if (data instanceof Uint16Array) return 'U16';
  return data instanceof Int32Array ? 'I32' : 'F32';
}

/** @throws where it is none that `tensorOf` makes: whoever can write an entry can write its checksum, too */
function rasterOf(tensor: HostTensor | undefined): Raster {
  const { dtype, shape, data } = tensor ?? {};
  const [height, width, channels] = shape ?? [];
  if (
    shape?.length !== 3 ||
    !data ||
    !height ||
    !width ||
    !channels ||
    dtypeOf(data as Raster['data']) !== dtype
  )
    throw new Error('damaged');
  return { height, width, channels, data: data as Raster['data'] };
}

function checksum(text: string, tensors: ReadonlyMap<string, HostTensor>): string {
  let sum = crc32(text);
  for (const [name, { shape, data }] of tensors) {
    sum = crc32(JSON.stringify([name, shape]), sum);
    sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum);
  }
  return String(sum);
}
