import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { serveReport, writeReport, type ReportServer } from '../../../core/index.js';
import { workFolder } from '../../cli/mtl.js';
import { load } from '../run/tiny.js';
import { suiteBrowser, withoutBrowser } from './browser.js';
import { evilPage } from './evil.js';
import { epochOf, eventsOf, writeRun } from './runs.js';

/** What axe finds wrong, as `rule: element`. */
async function flaws(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run(document)');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
}

/** Charts whose canvas has something on it. */
const drawnCharts = `[...document.querySelectorAll('[data-chart] canvas')].filter((canvas) =>
  canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0)).length`;

async function scrollThrough(page: Page): Promise<void> {
  for (const chart of await page.locator('[data-chart]').all()) await chart.scrollIntoViewIfNeeded();
}

describe(`a report in a browser${withoutBrowser}`, function () {
  this.timeout(120_000);
  const work = workFolder();
  const browser = suiteBrowser();
  let address: string;

  before(async () => {
    const { path } = await writeRun(join(work.path, 'run'), eventsOf(3), { epochs: 3 });
    const { file } = await writeReport(await load(), { folder: path, samples: 0 });
    address = pathToFileURL(file).href;
  });

  it('draws all charts, asks for nothing, complains of nothing', async () => {
    const { page, complaints, requests } = await browser.open();
    await page.goto(address);
    const charts = await page.locator('[data-chart]').count();
    expect(charts).to.be.above(8);
    await scrollThrough(page);
    await page.waitForFunction(`${drawnCharts} === ${charts}`);
    expect(complaints).to.deep.equal([]);
    expect(requests).to.deep.equal([address]);
    await page.close();
  });

  it('is accessible, light and dark, and no wider than a phone', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await browser.open({ colorScheme, viewport: { width: 390, height: 844 } });
      await page.goto(address);
      await scrollThrough(page);
      expect(await flaws(page), colorScheme).to.deep.equal([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(390);
      await page.close();
    }
  });

  it('gives every chart its words, and its numbers as a table', async () => {
    const { page } = await browser.open();
    await page.goto(address);
    const chart = page.getByRole('img', { name: /^segmentation: miou\. miou from 0\.5 to 0\.75/ });
    expect(await chart.count()).to.equal(1);
    await page.getByText('Numbers of segmentation: miou').click();
    const rows = await page.locator('[data-part="numbers-metric-0-miou"] tbody tr').allInnerTexts();
    expect(rows.map((row) => row.split(/\s+/))).to.deep.equal([['miou', '0.5', '0.75', '0.5', '0.75']]);
    await page.close();
  });

  it('lets pictures be browsed by keys and by swipes, and enlarged; texts stay texts', async () => {
    const file = join(work.path, 'evil.html');
    writeFileSync(file, await evilPage(join(work.path, 'evil')));
    const { page, complaints } = await browser.open({ viewport: { width: 390, height: 844 } });
    await page.goto(pathToFileURL(file).href);
    const place = (): Promise<string> =>
      page.evaluate('[document.activeElement.dataset.row, document.activeElement.dataset.column].join()');
    await page.locator('.picture').first().focus();
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
    expect(await place()).to.equal('1,0');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    expect(await dialog.isVisible()).to.equal(true);
    expect(await flaws(page)).to.deep.equal([]);
    await page.keyboard.press('ArrowRight');
    expect(await dialog.getByText('second').isVisible()).to.equal(true);
    const box = (await dialog.locator('img').boundingBox())!;
    await page.mouse.move(box.x + 200, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + 100, box.y + 55);
    await page.mouse.up();
    expect(await dialog.getByText('third').isVisible()).to.equal(true);
    await page.keyboard.press('Escape');
    expect(await dialog.isVisible()).to.equal(false);
    expect(await place()).to.equal('1,2');
    expect(await page.evaluate('globalThis.hacked')).to.equal(undefined);
    expect(complaints).to.deep.equal([]);
    await page.close();
  });

  describe('served', () => {
    let server: ReportServer;

    before(async () => {
      const { path } = await writeRun(join(work.path, 'live'), eventsOf(1), { epochs: 3 });
      server = await serveReport(await load(), { folder: path, samples: 0 });
    });

    after(() => server?.close());

    it('shows a new epoch when it comes', async () => {
      const { page, complaints, requests } = await browser.open();
      await page.goto(server.url);
      const facts = page.locator('[data-part="facts"]');
      expect(await facts.innerText()).to.match(/epochs\s+1 of 3/);
      const lines = [...epochOf(1)].map((event) => `${JSON.stringify(event)}\n`);
      appendFileSync(join(work.path, 'live', 'events.jsonl'), lines.join(''));
      await facts.getByText('2 of 3').and(page.locator('dd')).waitFor();
      await page.getByRole('img', { name: /^segmentation: miou\. miou from 0\.5 to 0\.6667/ }).waitFor();
      expect(complaints).to.deep.equal([]);
      expect(requests.every((request) => request.startsWith(server.url))).to.equal(true);
      await page.close();
    });
  });
});
