import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import {
  decodeRaw,
  ImagePredictor,
  loadRunConfig,
  openModel,
  predict,
  resizeDecoded,
  train,
  type ImageResult,
  type LoadedConfig,
  type PredictionIndex,
  type Raster,
  type RawFile,
  type TrainedModel,
} from '../../../core/index.js';
import { builtin } from '../../../plugins/index.js';
import { filesIn } from '../../cli/mtl.js';
import { failure } from '../../plugins/datasets/make.js';
import { load } from './tiny.js';

/** A picture whose pixels all differ. */
async function draw(file: string, width: number, height: number, orientation = 1): Promise<string> {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 7919) % 251);
  mkdirSync(dirname(file), { recursive: true });
  await sharp(data, { raw: { width, height, channels: 3 } })
    .withMetadata({ orientation })
    .toFile(file);
  return file;
}

async function readRaw(folder: string, { file, ...encoding }: RawFile): Promise<Raster> {
  const { data, info } = await sharp(join(folder, file))
    .toColourspace(encoding.bits === 8 ? 'b-w' : encoding.channels === 1 ? 'grey16' : 'rgb16')
    .raw({ depth: encoding.bits === 8 ? 'uchar' : 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const { height, width, channels } = info;
  const values =
    encoding.bits === 8
      ? new Uint8Array(data)
      : new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return decodeRaw({ height, width, channels, data: values }, encoding);
}

describe('predict', () => {
  let path = '';
  let loaded: LoadedConfig;
  let trained: TrainedModel;
  const at = (name: string): string => join(path, name);
  const index = (folder: string): PredictionIndex =>
    JSON.parse(readFileSync(join(folder, 'predictions.json'), 'utf8')) as PredictionIndex;

  before(async () => {
    path = mkdtempSync(join(tmpdir(), 'predict-'));
    const config = await load(
      'dataset.labels=["segmentation","depth","normals","weather","vehicles"]',
      'tasks={"segmentation":{},"depth":{},"normals":{},"weather":{"type":"classification"},"vehicles":{"type":"regression"}}',
      'train.epochs=1',
    );
    await train(config, { folder: at('run') });
    loaded = await loadRunConfig(at('run'), [builtin]);
    trained = await openModel(loaded, { folder: at('run') });
    await draw(at('photos/a/x.png'), 50, 40);
    await draw(at('photos/b/x.jpg'), 32, 32);
    await draw(at('photos/b/y.png'), 20, 70);
    await draw(at('photos/b/y.webp'), 33, 31);
  });
  after(() => {
    trained.dispose();
    rmSync(path, { recursive: true, force: true });
  });

  async function results(files: readonly string[], options = {}): Promise<ImageResult[]> {
    const all: ImageResult[] = [];
    for await (const result of new ImagePredictor(trained, options).images(files)) all.push(result);
    return all;
  }

  it('writes what the stream gives, within half a step, in pictures of the images’ own sizes', async () => {
    const out = at('all');
    const report = await predict(loaded, { folder: at('run'), images: [at('photos')], out, transfer: true });
    expect(report).to.include({ images: 4, folder: out });
    const { images, tasks, size } = index(out);
    expect(size).to.equal('original');
    expect(images.map(({ name }) => name)).to.deep.equal(['a/x', 'b/x', 'b/y.png', 'b/y.webp']);
    expect(images.map((image) => image.size)).to.deep.equal([
      [40, 50],
      [32, 32],
      [70, 20],
      [31, 33],
    ]);
    expect(tasks.depth).to.include({ kind: 'scalar', unit: 'm' });
    const streamed = await results(
      images.map(({ source }) => source),
      { transfer: true },
    );
    for (const [at, image] of images.entries()) {
      const { direct, transferred, energy } = streamed[at]!;
      const parts: Record<string, Raster> = {
        ...direct,
        ...Object.fromEntries(transferred.map(({ from, to, decoded }) => [`${from}-to-${to}`, decoded])),
        'consistency-energy': energy!,
      };
      expect(Object.keys(image.raw!)).to.have.lengthOf(3 + 6 + 1);
      for (const [name, raw] of Object.entries(image.raw!)) {
        const back = await readRaw(out, raw);
        const part = parts[name]!;
        expect([back.height, back.width, back.channels]).to.deep.equal([
          part.height,
          part.width,
          part.channels,
        ]);
        back.data.forEach((value, place) => {
          const expected = part.data[place]!;
          if (Number.isNaN(value)) expect(expected).to.be.at.most(raw.scale / 2);
          else if (raw.kind === 'ids') expect(value).to.equal(expected);
          else expect(value).to.be.closeTo(expected, raw.scale * 0.501);
        });
      }
      for (const file of [...Object.values(image.color!), image.mosaic!]) {
        expect(existsSync(join(out, file)), file).to.equal(true);
      }
      expect(image.values.weather).to.deep.include({ id: direct.weather!.data[0] });
      expect(image.values.vehicles).to.deep.equal({ value: direct.vehicles!.data[0], unit: 'vehicles' });
    }
    // Nothing beside what the index tells of.
    const told = images.flatMap(({ color, raw, mosaic }) => [
      ...Object.values(color!),
      ...Object.values(raw!).map(({ file }) => file),
      mosaic!,
    ]);
    expect(filesIn(out)).to.deep.equal([...told, 'predictions.json'].sort());
  });

  it('resizes what the model gives at its own size', async () => {
    const files = [at('photos/a/x.png'), at('photos/b/y.png')];
    const [own, small] = [await results(files), await results(files, { size: 'model' })];
    for (const [image, { direct, original }] of own.entries()) {
      for (const { name, pooled, decoded } of trained.tasks) {
        const model = small[image]!.direct[name]!;
        if (!pooled) expect([model.height, model.width]).to.deep.equal([32, 32]);
        expect(direct[name]).to.deep.equal(pooled ? model : resizeDecoded(model, original, decoded));
      }
    }
  });

  it('says the same of an image whatever stands beside it', async () => {
    const files = ['a/x.png', 'b/x.jpg', 'b/y.png'].map((name) => at(`photos/${name}`));
    const alone = await results(files, { batchSize: 1 });
    const together = await results(files, { batchSize: 2 });
    expect(together.map(({ file }) => file)).to.deep.equal(files);
    alone.forEach(({ direct }, image) => {
      const depth = together[image]!.direct.depth!.data;
      direct.depth!.data.forEach((value, place) => expect(value).to.be.closeTo(depth[place]!, 1e-5));
    });
  });

  it('predicts pictures of the model’s size in tiles as without', async () => {
    const files = [at('photos/b/x.jpg')];
    expect(await results(files, { overlap: 0.25 })).to.deep.equal(await results(files));
  });

  it('predicts larger pictures in tiles, and what it says of the whole image from all of it', async () => {
    const files = [at('photos/a/x.png'), at('photos/b/y.webp')];
    const [plain, tiled] = [
      await results(files, { transfer: true }),
      await results(files, { overlap: 0.25, transfer: true }),
    ];
    const [first, second] = [plain[0]!, tiled[0]!];
    expect(second.direct.weather).to.deep.equal(first.direct.weather);
    for (const raster of [second.direct.normals!, second.transferred[0]!.decoded, second.energy!]) {
      expect([raster.height, raster.width]).to.deep.equal([40, 50]);
    }
    expect(second.direct.depth).to.not.deep.equal(first.direct.depth);
    // Too low for a tile.
    expect(tiled[1]).to.deep.equal(plain[1]);
  });

  it('turns pictures as their EXIF data say', async () => {
    const turned = await draw(at('turned.jpg'), 28, 20, 6);
    const [result] = await results([turned]);
    expect(result!.original).to.deep.equal({ height: 28, width: 20 });
    const upright = at('upright.png');
    await sharp(turned).autoOrient().png().toFile(upright);
    const [expected] = await results([upright]);
    expect(result!.image).to.deep.equal(expected!.image);
    expect(result!.direct).to.deep.equal(expected!.direct);
  });

  it('stops at a picture that it cannot read, or leaves it out', async () => {
    const images = [at('mixed')];
    await draw(at('mixed/1.png'), 32, 32);
    writeFileSync(at('mixed/2.png'), 'no picture');
    await draw(at('mixed/3.png'), 32, 32);
    const options = { folder: at('run'), images, out: at('bad'), kinds: ['raw'] as const };
    const error = await failure(predict(loaded, options));
    expect(error.code).to.equal('SAMPLE_INVALID');
    expect(error.message).to.include(at('mixed/2.png'));
    const told: string[] = [];
    const report = await predict(
      loaded,
      { ...options, force: true, skipBad: true, batchSize: 1 },
      (done, of) => void told.push(`${done}/${of}`),
    );
    expect(report.images).to.equal(2);
    expect(report.skipped.map(({ file }) => file)).to.deep.equal([at('mixed/2.png')]);
    expect(told.sort()).to.deep.equal(['1/3', '2/3', '3/3']);
    expect(index(at('bad')).skipped).to.deep.equal(report.skipped);
    expect(filesIn(at('bad')).filter((file) => file.startsWith('raw/depth'))).to.deep.equal([
      'raw/depth/1.png',
      'raw/depth/3.png',
    ]);
  });

  it('writes nothing where a file is in the way, unless it may be replaced', async () => {
    const out = at('taken');
    mkdirSync(join(out, 'raw', 'depth', 'b'), { recursive: true });
    writeFileSync(join(out, 'raw', 'depth', 'b', 'x.png'), 'mine');
    const options = { folder: at('run'), images: [at('photos')], out };
    const error = await failure(predict(loaded, options));
    expect(error.code).to.equal('DATA_INVALID');
    expect(error.message).to.include('1 of them').and.include('raw/depth/b/x.png');
    expect(filesIn(out)).to.deep.equal(['raw/depth/b/x.png']);
    await predict(loaded, { ...options, kinds: ['color'] });
    expect(readFileSync(join(out, 'raw', 'depth', 'b', 'x.png'), 'utf8')).to.equal('mine');
  });

  it('is told when nothing is found', async () => {
    for (const images of [at('absent.png'), at('photos/*.gif'), at('run')]) {
      const error = await failure(predict(loaded, { folder: at('run'), images: [images], out: at('none') }));
      expect(error.code).to.equal('DATA_INVALID');
      expect(error.message).to.include(images);
    }
  });

  it('leaves its own output out when it lies among the images', async () => {
    await draw(at('home/1.png'), 32, 32);
    const options = { folder: at('run'), images: [at('home')], out: at('home'), kinds: ['mosaic'] as const };
    await predict(loaded, options);
    expect((await predict(loaded, { ...options, force: true })).images).to.equal(1);
  });

  it('leaves whole files and their index when it is stopped', async () => {
    const out = at('stopped');
    const stop = new AbortController();
    const images = [at('photos')];
    const error = await failure(
      predict(
        loaded,
        { folder: at('run'), images, out, kinds: ['raw'], batchSize: 1, signal: stop.signal },
        () => stop.abort(),
      ),
    );
    expect(error.code).to.equal('INTERRUPTED');
    const written = index(out).images;
    expect(written.length).to.be.within(1, 3);
    const files = written.flatMap(({ raw }) => Object.values(raw!).map(({ file }) => file));
    expect(filesIn(out)).to.deep.equal([...files, 'predictions.json'].sort());
  });
});
