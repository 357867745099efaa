import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { WrittenReport } from '../../core/index.js';
import { eventsOf, writeRun } from '../core/report/runs.js';
import { expectOneError, mtlHere, start, workFolder } from './mtl.js';

describe('mtl report', () => {
  const work = workFolder();

  before(async () => {
    await writeRun(join(work.path, 'run'), eventsOf(2));
  });

  it('writes a page into the run’s folder and says where', async () => {
    const { code, stdout, stderr } = await mtlHere(['report', 'run', '--no-panels'], work.path);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const file = join(work.path, 'run', 'report.html');
    expect(stdout).to.match(/^Report: .*\/run\/report\.html \(\d\.\d MB\)\n$/);
    expect(existsSync(file)).to.equal(true);
  });

  it('says why there are no pictures, and gives JSON', async () => {
    const { code, stdout } = await mtlHere(['report', 'run', '--out', 'page.html', '--json'], work.path);
    expect(code).to.equal(0);
    const { file, bytes, samples, withoutPictures } = JSON.parse(stdout) as WrittenReport;
    expect({ file, samples }).to.deep.equal({ file: join(work.path, 'page.html'), samples: 0 });
    expect(bytes).to.be.above(1000);
    expect(withoutPictures).to.match(/checkpoint/);
  });

  it('refuses what is no run', async () => {
    const { code, stderr } = await mtlHere(['report', 'none'], work.path);
    expect(code).to.equal(1);
    expectOneError(stderr, work.path, /expected the folder of a run, found no folder FOLDER\/none/);
  });

  it('serves the page until it is stopped', async () => {
    let told: (line: string) => void;
    const line = new Promise<string>((resolve) => (told = resolve));
    const { child, ended } = start(['report', 'run', '--no-panels', '--serve'], work.path, (text) =>
      told(text),
    );
    const url = /^Report: (http:\S+) \(Ctrl-C ends it\)$/.exec(await line)![1]!;
    const page = await fetch(url);
    expect(page.status).to.equal(200);
    expect(await page.text()).to.include('<h1>run</h1>');
    child.kill('SIGINT');
    expect(await ended).to.include({ code: 0, stderr: '' });
  });
});
