import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  DiskCache,
  encodeSafetensors,
  MtlError,
  parseSafetensors,
  readCheckpoint,
  restoreCheckpoint,
  type HostTensor,
} from '../../core/index.js';
import { encodeMat5, parseMat5 } from '../../plugins/datasets/common/mat5.js';
import { encodeNpy, parseNpy } from '../../plugins/datasets/common/npy.js';
import { coordinateSample } from '../core/data/samples.js';

const weight: HostTensor = { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) };

/** A checkpoint with whatever in it, and the checksum that belongs to it. */
function checkpointOf(values: string, tensors: Readonly<Record<string, HostTensor>>): Buffer {
  const metadata = { format: 'crosstask-checkpoint', version: '1', values };
  const hash = createHash('sha256').update(
    JSON.stringify([metadata.format, metadata.version, metadata.values]),
  );
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const sealed = { ...metadata, sha256: hash.digest('hex') };
  return encodeSafetensors({ tensors: new Map(Object.entries(tensors)), metadata: sealed });
}

function refusal(action: () => unknown): MtlError {
  try {
    action();
  } catch (error) {
    if (error instanceof MtlError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('files that are whole, but not what they should be', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'forged-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('checkpoints are refused by name', () => {
    const file = join(folder, 'last.safetensors');
    const long: HostTensor = { dtype: 'I64', shape: [1], data: BigInt64Array.of(1n) };
    const table = [
      [checkpointOf('{', {}), /its values are not JSON/],
      [checkpointOf('null', {}), /not groups of values by part/],
      [checkpointOf('{"model": 3}', {}), /not groups of values by part/],
      [checkpointOf('{"model": {}}', { 'other/w': weight }), /"other\/w" belongs to none of its parts/],
      [checkpointOf('{"model": {}}', { w: weight }), /"w" belongs to none of its parts/],
      [checkpointOf('{"model": {}}', { 'model/w': long }), /"model\/w" is I64, not F32/],
      [checkpointOf('{"model": {}}', { ['x'.repeat(1e6)]: weight }), /belongs to none of its parts/],
    ] as const;
    for (const [bytes, reason] of table) {
      writeFileSync(file, bytes);
      const { code, message } = refusal(() => readCheckpoint(file));
      expect(code).to.equal('CHECKPOINT_INVALID');
      expect(message).to.match(reason);
      expect(message.length).to.be.below(5000);
    }
  });

  it('checkpoints reach no prototype', () => {
    const file = join(folder, 'last.safetensors');
    writeFileSync(
      file,
      checkpointOf('{"__proto__": {"polluted": 1}, "model": {"__proto__": {"polluted": 1}}}', {
        '__proto__/polluted': weight,
        'model/__proto__': weight,
      }),
    );
    const checkpoint = readCheckpoint(file);
    expect(Object.keys(checkpoint)).to.deep.equal(['__proto__', 'model']);
    expect(Object.keys(checkpoint.model!.tensors)).to.deep.equal(['__proto__']);
    expect(({} as Record<string, unknown>).polluted).to.be.undefined;
    const part = { state: { tensors: {}, values: {} }, restore: () => undefined };
    const missing = refusal(() => restoreCheckpoint(checkpoint, { toString: part }));
    expect(missing.message).to.contain('holds no "toString"');
  });

  it('checkpoints of many parts are read in little time', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `part${index}`);
    const values = JSON.stringify(Object.fromEntries(names.map((name) => [name, {}])));
    const empty: HostTensor = { dtype: 'F32', shape: [0], data: new Float32Array(0) };
    const file = join(folder, 'last.safetensors');
    writeFileSync(file, checkpointOf(values, Object.fromEntries(names.map((name) => [`${name}/w`, empty]))));
    const start = performance.now();
    expect(Object.keys(readCheckpoint(file))).to.have.length(20_000);
    expect(performance.now() - start).to.be.below(5000);
  });

  it('entries of the cache are as good as none', async () => {
    const sample = coordinateSample(3, 4, 'a');
    const source = join(folder, 'source');
    writeFileSync(source, 'pixels');
    const read = () =>
      new DiskCache(join(folder, 'cache'), 'i').sample('k', [source], () => Promise.resolve(sample));
    await read();
    const entry = readdirSync(join(folder, 'cache'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.safetensors'))
      .map((name) => join(folder, 'cache', name))[0]!;
    const { metadata } = parseSafetensors(readFileSync(entry));
    const { crc32 } = await import('node:zlib');
    const images: HostTensor[] = [
      weight,
      { ...weight, shape: [1, 1, 2] },
      { dtype: 'U8', shape: [9], data: new Uint8Array(9) },
    ];
    for (const image of images) {
      let sum = crc32(JSON.stringify(['image', image.shape]), crc32(metadata.info!));
      sum = crc32(new Uint8Array(image.data.buffer), sum);
      writeFileSync(
        entry,
        encodeSafetensors({
          tensors: new Map([['image', image]]),
          metadata: { ...metadata, crc32: String(sum) },
        }),
      );
      expect(await read()).to.deep.equal(sample);
    }
    if (process.platform === 'win32') return;
    rmSync(entry);
    execFileSync('mkfifo', [entry]);
    expect(await read()).to.deep.equal(sample);
  });

  it('arrays have no more dimensions than NumPy’s, and lengths that are lengths', () => {
    const ones = (count: number): Buffer =>
      encodeNpy({ type: 'u1', shape: Array<number>(count).fill(1), data: Uint8Array.of(1) });
    expect(parseNpy(ones(64), 'a.npy').shape).to.have.length(64);
    expect(refusal(() => parseNpy(ones(65), 'a.npy')).message).to.match(/at most 64 dimensions, found 65/);
    expect(refusal(() => parseNpy(ones(20_000), 'a.npy')).message).to.match(/at most 64 dimensions/);
    const mat = encodeMat5({ a: [1, 2] });
    const shape = mat.indexOf(Buffer.from([5, 0, 0, 0, 8, 0, 0, 0])) + 8;
    mat.writeInt32LE(-2, shape);
    mat.writeInt32LE(-1, shape + 4);
    expect(refusal(() => parseMat5(mat, 'a.mat')).message).to.match(/whole lengths .*, found \(-2, -1\)/);
  });
});
