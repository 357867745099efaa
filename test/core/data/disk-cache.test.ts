import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DiskCache, type Sample } from '../../../core/index.js';
import { coordinateSample } from './samples.js';

describe('the disk cache', () => {
  let folder: string;
  let source: string;
  let reads: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cache-'));
    source = join(folder, 'source.png');
    writeFileSync(source, 'first');
    reads = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const cacheFolder = (): string => join(folder, 'cache');
  const read = (): Promise<Sample> => {
    reads += 1;
    return Promise.resolve(coordinateSample(3, 4, 'a'));
  };
  const cached = (identity = 'options', key = 'train/0'): Promise<Sample> =>
    new DiskCache(cacheFolder(), identity).sample(key, [source], read);
  const entries = (): string[] =>
    readdirSync(cacheFolder(), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.safetensors'))
      .map((name) => join(cacheFolder(), name));

  it('gives back what was read, to the bit, in another process too', async () => {
    const first = await cached();
    expect(await cached()).to.deep.equal(first);
    expect(await cached()).to.deep.equal(coordinateSample(3, 4, 'a'));
    expect(reads).to.equal(1);
  });

  it('keeps samples of every kind of number, and those that lack labels', async () => {
    const sample: Sample = {
      ...coordinateSample(2, 2, 'b'),
      labels: {
        depth: { height: 2, width: 2, channels: 1, data: Float32Array.of(1.5, -0, Infinity, 3e-40) },
        counts: { height: 2, width: 2, channels: 1, data: Uint16Array.of(1, 2, 65535, 4) },
        ids: { height: 2, width: 2, channels: 1, data: Int32Array.of(1, -2, 70000, 4) },
        image: { height: 1, width: 1, channels: 1, data: Uint8Array.of(3) },
        missing: undefined,
      },
    };
    const cache = new DiskCache(cacheFolder(), '');
    await cache.sample('b', [source], () => Promise.resolve(sample));
    const { labels, ...rest } = await cache.sample('b', [source], read);
    const { missing, ...present } = sample.labels;
    expect({ missing, reads }).to.deep.equal({ missing: undefined, reads: 0 });
    expect(labels).to.deep.equal(present);
    expect({ ...rest, labels: sample.labels }).to.deep.equal(sample);
  });

  it('reads again where options, sample or content are others', async () => {
    await cached();
    await cached('other options');
    await cached('options', 'train/1');
    expect(reads).to.equal(3);
    writeFileSync(source, 'secnd');
    await cached();
    expect(reads).to.equal(4);
    await cached();
    expect(reads).to.equal(4);
  });

  it('knows a file again that was copied or touched', async () => {
    await cached();
    utimesSync(source, 1, 1);
    await cached();
    expect(reads).to.equal(1);
    const [entry] = entries();
    expect(readFileSync(entry!, 'latin1')).to.include('5@1000000000');
  });

  it('takes a damaged entry for none, whatever the damage', async () => {
    const whole = await cached();
    const [entry] = entries();
    const good = readFileSync(entry!);
    const damaged = [
      Buffer.alloc(0),
      good.subarray(0, 20),
      good.subarray(0, good.length - 1),
      Buffer.alloc(good.length),
      Buffer.concat([good, Buffer.of(0)]),
      ...Array.from({ length: 40 }, (_, part) => {
        const flipped = Buffer.from(good);
        flipped[Math.floor((part * good.length) / 40)]! ^= 1;
        return flipped;
      }),
    ];
    for (const [at, bytes] of damaged.entries()) {
      writeFileSync(entry!, bytes);
      const before = reads;
      expect(await cached()).to.deep.equal(whole);
      expect(reads - before, String(at)).to.equal(1);
    }
    truncateSync(entry!, 100);
    expect(await cached()).to.deep.equal(whole);
  });

  it('is shared by many writers at once, and leaves nothing half-written', async () => {
    const caches = Array.from({ length: 8 }, () => new DiskCache(cacheFolder(), 'options'));
    const found = await Promise.all(caches.map((cache) => cache.sample('k', [source], read)));
    for (const sample of found) expect(sample).to.deep.equal(found[0]);
    const names = readdirSync(cacheFolder(), { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => name.endsWith('.tmp'))).to.deep.equal([]);
    expect(entries().length).to.equal(1);
  });

  it('removes what a writer that died left, but not what one is writing', async () => {
    mkdirSync(join(cacheFolder(), 'ab'), { recursive: true });
    const [old, fresh] = ['old.tmp', 'fresh.tmp'].map((name) => join(cacheFolder(), 'ab', name));
    writeFileSync(old!, 'x');
    utimesSync(old!, 1, 1);
    writeFileSync(fresh!, 'x');
    await new DiskCache(cacheFolder(), '').clean();
    expect(readdirSync(join(cacheFolder(), 'ab'))).to.deep.equal(['fresh.tmp']);
  });

  it('costs time alone where it cannot be written', async () => {
    writeFileSync(cacheFolder(), 'a file where the folder should be');
    expect(await cached()).to.deep.equal(coordinateSample(3, 4, 'a'));
    expect(readFileSync(cacheFolder(), 'utf8')).to.include('a file');
  });

  it('passes on what reading fails with, and keeps nothing', async () => {
    const cache = new DiskCache(cacheFolder(), '');
    const failing = cache.sample('k', [source], () => Promise.reject(new Error('broken')));
    expect(await failing.catch((error: unknown) => error)).to.have.property('message', 'broken');
    rmSync(source);
    await cached();
    await cached();
    expect(reads).to.equal(2);
  });
});
