import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {
  DiskCache,
  encodeSafetensors,
  parseSafetensors,
  readCheckpoint,
  readRegularFileSync,
  restoreCheckpoint,
  restoreVariables,
  saveCheckpoint,
  type Raster,
  type Safetensors,
  type Stateful,
} from '../../../core/index.js';
import { coordinateSample } from '../../core/data/samples.js';
import { mutation } from '../mutations.js';
import type { TargetMaker } from './target.js';

const example: Safetensors = {
  tensors: new Map([
    ['layer1.0.conv1.weight', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ['count', { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) }],
    ['none', { dtype: 'U8', shape: [0, 4], data: new Uint8Array(0) }],
  ]),
  metadata: { format: 'pt' },
};

export const safetensors: TargetMaker = () => ({
  files: new Map([['weights.safetensors', encodeSafetensors(example)]]),
  mutation,
  runs: 3000,
  most: 32,
  read(file) {
    parseSafetensors(readRegularFileSync(file));
  },
});

function model(): Record<string, Stateful> {
  const variables = { 'a.kernel': tf.variable(tf.ones([2, 3])), 'a.bias': tf.variable(tf.zeros([3])) };
  const part: Stateful = {
    get state() {
      return { tensors: variables, values: { step: 3, '__proto__.x': [1, null, 'text'] } };
    },
    restore: ({ tensors }) => restoreVariables(variables, tensors, 'model'),
  };
  return { model: part, 'task.depth': { state: { tensors: {}, values: {} }, restore: () => undefined } };
}

/** `readCheckpoint` and `restoreCheckpoint`, of files whose checksum is right. */
export const checkpoint: TargetMaker = async (folder) => {
  const parts = model();
  const file = join(folder, 'good.safetensors');
  await saveCheckpoint(file, parts);
  return {
    files: new Map([['last.safetensors', readFileSync(file)]]),
    mutation,
    seal: (bytes) =>
      resealed(bytes, ({ tensors, metadata }) => {
        const { format, version, values } = metadata;
        const hash = createHash('sha256').update(JSON.stringify([format, version, values]));
        for (const [name, { dtype, shape, data }] of tensors) {
          hash.update(JSON.stringify([name, dtype, shape]));
          hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        }
        return { sha256: hash.digest('hex') };
      }),
    runs: 2500,
    most: 32,
    read: (changed) => restoreCheckpoint(readCheckpoint(changed), parts),
  };
};

/** An entry of the cache of decoded samples: a damaged one is as good as none. */
export const cacheEntry: TargetMaker = async (folder) => {
  const cacheFolder = join(folder, 'cache');
  mkdirSync(cacheFolder);
  const source = join(folder, 'source.png');
  writeFileSync(source, 'pixels');
  const sample = coordinateSample(3, 4, 'a');
  const read = async () =>
    new DiskCache(cacheFolder, 'identity').sample('key', [source], () => Promise.resolve(sample));
  await read();
  const [name] = readdirSync(cacheFolder, { recursive: true, encoding: 'utf8' }).filter((found) =>
    found.endsWith('.safetensors'),
  );
  const entry = join(cacheFolder, name!);
  return {
    files: new Map([['entry.safetensors', readFileSync(entry)]]),
    mutation,
    seal: (bytes) =>
      resealed(bytes, ({ tensors, metadata }) => {
        let sum = crc32(metadata.info ?? '');
        for (const [key, { shape, data }] of tensors) {
          sum = crc32(JSON.stringify([key, shape]), sum);
          sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum);
        }
        return { crc32: String(sum) };
      }),
    runs: 800,
    most: 32,
    async read(changed) {
      copyFileSync(changed, entry);
      const { image, labels } = await read();
      for (const raster of [image, ...Object.values(labels)]) checkRaster(raster);
    },
  };
};

function checkRaster(raster: Raster | undefined): void {
  if (!raster) return;
  const { height, width, channels, data } = raster;
  if (data.length !== height * width * channels) throw new Error('a raster of another size than it says');
}

/** The file with the metadata that its checksum asks for; as it is where it cannot be parsed. */
function resealed(bytes: Buffer, seal: (content: Safetensors) => Record<string, string>): Buffer {
  try {
    const content = parseSafetensors(bytes);
    return encodeSafetensors({ ...content, metadata: { ...content.metadata, ...seal(content) } });
  } catch {
    return bytes;
  }
}
