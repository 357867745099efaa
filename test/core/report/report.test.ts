import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readHistory, train, writeReport } from '../../../core/index.js';
import type { ChartView } from '../../../core/report/views.js';
import { workFolder } from '../../cli/mtl.js';
import { load } from '../run/tiny.js';
import { evilPage } from './evil.js';
import { eventsOf, writeRun } from './runs.js';

/** What the page's script draws. */
function chartsIn(page: string): readonly ChartView[] {
  const [, json] = /<script type="application\/json" id="charts">([^]*?)<\/script>/.exec(page)!;
  return JSON.parse(json!) as readonly ChartView[];
}

describe('writeReport', () => {
  const work = workFolder();

  it('writes one file with curves, results and pictures, into the run’s folder', async () => {
    const folder = join(work.path, 'run');
    const loaded = await load('train.epochs=1', 'train.diagnostics=1');
    const { metrics, baselines } = await train(loaded, { folder });
    const done: number[] = [];
    const written = await writeReport(loaded, { folder, samples: 2, onProgress: (now) => done.push(now) });
    expect(written).to.include({ file: join(folder, 'report.html'), samples: 2, withoutPictures: null });
    expect(done).to.deep.equal([1, 2]);
    const page = readFileSync(written.file, 'utf8');
    expect(written.bytes).to.equal(Buffer.byteLength(page));
    const [miou, bar] = [metrics['segmentation']!['miou']!, baselines['segmentation']!.metrics['miou']!];
    for (const value of [miou, bar]) expect(page).to.include(`${Number(value.toPrecision(4))}<`);
    const ids = chartsIn(page).map(({ id }) => id);
    expect(ids).to.include.members([
      'loss-0',
      'loss-1',
      'metric-0-miou',
      'weights',
      'gradient-cosines',
      'speed',
    ]);
    // An image, and for each of two tasks truth, prediction, transferred prediction and error; the energy.
    expect(page.match(/<img src="data:image\/webp/g)).to.have.length(2);
    expect(page.match(/<img\s+src="data:image\/png/g)).to.have.length(2 * (2 * 4 + 1));
    // Nothing is asked for from elsewhere.
    expect(page).to.not.match(/(src|href)="(?!data:|#)/);
    expect(page).to.include('default-src &#39;none&#39;');
  });

  it('says what is missing where the data are gone', async () => {
    const { path: folder } = await writeRun(join(work.path, 'bare'), eventsOf(1));
    const dataset = {
      name: 'folders',
      root: join(work.path, 'gone'),
      size: [32, 32],
      rgb: 'rgb/*.png',
      labels: { files: 'labels/*.png', classes: ['a', 'b'] },
      depth: { files: 'depth/*.png', scale: 0.001 },
      split: { train: 0.5, val: 0.5 },
    };
    const loaded = await load(`dataset=${JSON.stringify(dataset)}`);
    const { withoutPictures, file, samples } = await writeReport(loaded, { folder });
    expect(withoutPictures).to.include(join(work.path, 'gone'));
    expect(samples).to.equal(0);
    expect(readFileSync(file, 'utf8')).to.include('No pictures: ');
    const silent = await writeReport(loaded, { folder, samples: 0, out: join(work.path, 'silent.html') });
    expect(silent.withoutPictures).to.equal(null);
    expect(readFileSync(silent.file, 'utf8')).to.not.include('No pictures');
  });

  it('sets a run beside its baseline', async () => {
    const { path: folder } = await writeRun(join(work.path, 'better'), eventsOf(3));
    const { path: baseline } = await writeRun(join(work.path, 'worse'), eventsOf(1));
    const out = join(work.path, 'gain.html');
    await writeReport(await load(), { folder, baseline, samples: 0, out });
    // miou 3/4 over 1/2; absolute 9.25 under 9.5; relative 1/4 under 1/2.
    const gain = (100 * (0.5 + 0.25 / 9.5 + 0.5)) / 3;
    expect(readFileSync(out, 'utf8')).to.match(
      new RegExp(`Δm over worse:\\s*<strong>\\+${gain.toFixed(2)} %</strong>`),
    );
  });

  it('keeps a run of 250 epochs light, and its curves whole', async () => {
    const { path: folder } = await writeRun(join(work.path, 'long'), eventsOf(250, 100), { epochs: 250 });
    const { bytes, file } = await writeReport(await load(), { folder, samples: 0 });
    expect(bytes).to.be.below(2 * 2 ** 20);
    const loss = chartsIn(readFileSync(file, 'utf8')).find(({ id }) => id === 'loss-0')!;
    const drawn = loss.curves.find(({ look }) => look === 'pale')!.points.map(([, y]) => y);
    const told = readHistory(folder).steps.map(({ losses }) => losses['segmentation']!.total);
    expect(Math.max(...drawn)).to.equal(Math.max(...told));
    expect(Math.min(...drawn)).to.equal(Math.min(...told));
  }).timeout(120_000);
});

describe('the page of a report', () => {
  const work = workFolder();

  it('shows texts as texts', async () => {
    const page = await evilPage(join(work.path, 'evil'));
    expect(page).to.not.include('<script>globalThis');
    expect(page).to.not.include('<img src=x');
    expect(page.match(/<script/g)).to.have.length(2);
    expect(page).to.include('&#38;lt;');
  });
});
