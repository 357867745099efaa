import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A tensor of a values file, row-major. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** test/oracles/values beside the nearest package.json that has it, above the compiled tests or the working folder. */
function valuesFolder(): string {
  for (const start of [dirname(fileURLToPath(import.meta.url)), process.cwd()]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const values = join(folder, 'test', 'oracles', 'values');
      if (existsSync(join(folder, 'package.json')) && existsSync(values)) return values;
      if (folder === dirname(folder)) break;
    }
  }
  throw new Error(`no test/oracles/values beside a package.json at or above ${process.cwd()}`);
}

/**
 * Numbers in [−scale, scale] that depend on the name and the flat index alone; the same ones as common.py's, to the bit.
 * FNV-1a of the name, a Weyl sequence over the index, murmur3's finaliser.
 */
export function hashed(name: string, shape: readonly number[], scale: number): Float32Array {
  let start = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) start = Math.imul(start ^ byte, 0x01000193);
  return Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, index) => {
    let x = start + Math.imul(index, 0x9e3779b9);
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return (((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1) * scale;
  });
}

interface Entry {
  readonly dtype: 'F32' | 'I32';
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** All tensors of a safetensors file in test/oracles/values, by name. */
export function readTensors(file: string): Readonly<Record<string, StoredTensor>> {
  const bytes = readFileSync(join(valuesFolder(), file));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...entries } = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, Entry>;
  if (!__metadata__) throw new Error(`${file}: no __metadata__, so not made by test/oracles`);
  return Object.fromEntries(
    Object.entries(entries).map(([name, { dtype, shape, data_offsets }]) => {
      const [from, to] = data_offsets;
      const own = Uint8Array.from(bytes.subarray(start + from, start + to)).buffer;
      return [name, { shape, data: dtype === 'I32' ? new Int32Array(own) : new Float32Array(own) }];
    }),
  );
}

/** A JSON file in test/oracles/values; the caller says what is in it. */
export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(valuesFolder(), file), 'utf8'));
}
