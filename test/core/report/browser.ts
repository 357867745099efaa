/** A real browser, where there is one. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Why a suite is left out; empty where it is not. */
export const withoutBrowser = existsSync(executablePath) ? '' : ` (skipped: there is no ${executablePath})`;

/** A browser of the suite's own; the suite is left out where there is none. */
export function suiteBrowser(): { open(options?: BrowserContextOptions): Promise<OpenedPage> } {
  let browser: Browser;
  before(async function () {
    if (withoutBrowser) return this.skip();
    // Tests may run as root, for whom Chromium has no sandbox.
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  after(() => browser?.close());
  return {
    async open(options = {}) {
      const page = await (await browser.newContext(options)).newPage();
      const complaints: string[] = [];
      const requests: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', ({ message }) => complaints.push(message));
      page.on('request', (request) => requests.push(request.url()));
      return { page, complaints, requests };
    },
  };
}

export interface OpenedPage {
  readonly page: Page;
  /** Errors and warnings of its console. */
  readonly complaints: readonly string[];
  /** All that it asked for. */
  readonly requests: readonly string[];
}
