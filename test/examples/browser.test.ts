import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { chromium, type Browser, type Page } from 'playwright-core';
import {
  collate,
  loadRunConfig,
  openSession,
  prepare,
  predictImages,
  readCheckpoint,
  restoreCheckpoint,
  RunFolder,
  train,
  writePicture,
} from '../../core/index.js';
import { builtin } from '../../plugins/index.js';
import { furthest } from '../core/export/networks.js';
import { load } from '../core/run/tiny.js';
import { repositoryRoot } from '../repository.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
/** Draws on the processor, so that WebGL is there without a graphics card. */
const software = ['--no-sandbox', '--enable-unsafe-swiftshader', '--use-gl=angle', '--use-angle=swiftshader'];

const example = (name: string): string => join(repositoryRoot(), 'dist', 'examples', 'browser', name);

interface Prediction {
  readonly backend: string;
  readonly values: Readonly<Record<string, number[]>>;
}

const title = executablePath ? '' : ' (skipped: no Chromium; install it, e.g. apt-get install chromium)';

(executablePath ? describe : describe.skip)(`the page of examples/browser${title}`, function () {
  this.timeout(240_000);
  let path = '';
  let server: ChildProcess | undefined;
  let browser: Browser | undefined;
  let address = '';
  let wanted: Record<string, ArrayLike<number>> = {};

  before(async () => {
    path = mkdtempSync(join(tmpdir(), 'browser-'));
    const [run, site] = [join(path, 'run'), join(path, 'site')];
    await train(await load('dataset.size=[32,64]'), { folder: run });
    wanted = await predictedHere(run, join(path, 'image.png'));
    const built = spawnSync(process.execPath, [example('build.js'), run, site, '--exact'], {
      encoding: 'utf8',
    });
    expect(built.stderr).to.equal('');
    expect(built.status).to.equal(0);
    server = spawn(process.execPath, [example('serve.js'), site, '0']);
    address = await new Promise<string>((resolve) => {
      server!.stdout!.once('data', (line: Buffer) => resolve(line.toString().trim()));
    });
    browser = await chromium.launch({ executablePath: executablePath!, args: software });
  });
  after(async () => {
    await browser?.close();
    server?.kill();
    rmSync(path, { recursive: true, force: true });
  });

  /** An image of the model's size as a PNG file, and what the run's model says about it. */
  async function predictedHere(run: string, file: string): Promise<Record<string, ArrayLike<number>>> {
    const session = await openSession(await loadRunConfig(run, [builtin]), { initialize: false });
    restoreCheckpoint(readCheckpoint(new RunFolder(run).best), { model: session.model });
    const sample = await (await session.dataset.split('test')).sample(0);
    await writePicture(file, sample.image);
    const batch = collate([prepare(sample, session.tasks)]);
    const [prediction] = await predictImages(session.model, batch, { transfer: false });
    session.dispose();
    return Object.fromEntries(
      Object.entries(prediction!.direct).map(([task, { data }]) => [task, Array.from(data)]),
    );
  }

  async function open(backend: string): Promise<{ page: Page; requests: string[] }> {
    const page = await browser!.newPage();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`${address}?backend=${backend}`);
    await page.getByText(/^Ready, on /).waitFor();
    return { page, requests };
  }

  async function predict(page: Page, file: string): Promise<Prediction> {
    // `void`, since a promise that an expression gives is waited for.
    await page.evaluate(`void (window.predicted = new Promise((resolve) =>
      document.addEventListener('predicted', ({ detail: { backend, values } }) => resolve({
        backend, values: Object.fromEntries(Object.entries(values).map(([task, data]) => [task, [...data]])),
      }), { once: true })))`);
    await page.setInputFiles('#file', file);
    return page.evaluate<Prediction>('window.predicted');
  }

  for (const [backend, tolerance] of [
    ['wasm', 1e-4],
    // Shaders may compute with other rounding.
    ['webgl', 1e-3],
  ] as const) {
    it(`predicts by ${backend} what the run’s model does, to ${tolerance} of the largest value`, async () => {
      const { page, requests } = await open(backend);
      const { backend: used, values } = await predict(page, join(path, 'image.png'));
      expect(used).to.equal(backend);
      expect(Object.keys(values)).to.deep.equal(['segmentation', 'depth']);
      expect(furthest(values.depth!, wanted.depth!)).to.be.at.most(tolerance);
      const ids = values.segmentation!;
      const others = ids.filter((id, pixel) => id !== wanted.segmentation![pixel]);
      // Where two scores are the same but for rounding.
      expect(others.length / ids.length, 'share of pixels of another class').to.be.at.most(tolerance * 10);
      expect(new Set(requests.map((url) => new URL(url).origin))).to.deep.equal(
        new Set([new URL(address).origin]),
      );
      await page.close();
    });
  }

  it('shows a picture and a legend for each task, what computed, and how long it took', async () => {
    const { page } = await open('wasm');
    await predict(page, join(path, 'image.png'));
    expect(await page.locator('figcaption').allTextContents()).to.deep.equal([
      'image',
      'segmentation',
      'depth',
    ]);
    expect(await page.locator('canvas').count()).to.equal(3);
    expect(await page.locator('ul.legend li').count()).to.be.at.least(1);
    expect(await page.locator('.scale').textContent()).to.match(/\d.*1\/m|\d.* m/);
    expect(await page.locator('#status').textContent()).to.match(/^WebAssembly: \d+ ms for this image\.$/);
    await page.close();
  });

  it('says kindly what is wrong: no picture, no camera, no model', async () => {
    const { page } = await open('wasm');
    writeFileSync(join(path, 'notes.txt'), 'no picture');
    await page.setInputFiles('#file', join(path, 'notes.txt'));
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).to.equal(
      'notes.txt cannot be read as a picture. Try a PNG, JPEG or WebP file.',
    );
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await page.getByText(/^No camera was found|^The camera may not be used/).waitFor();
    await page.route('**/model.json', (route) => route.fulfill({ status: 404 }));
    await page.reload();
    await page.getByText(/^The model cannot be loaded from model\/model\.json/).waitFor();
    await page.close();
  });

  it('is used with the keyboard alone', async () => {
    const { page } = await open('wasm');
    const focused: string[] = [];
    for (let step = 0; step < 3; step++) {
      await page.keyboard.press('Tab');
      focused.push(await page.evaluate<string>('document.activeElement.id'));
    }
    expect(focused).to.deep.equal(['file', 'camera', 'backend']);
    await page.close();
  });
});
