import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { MtlError, serveReport, type ReportServer } from '../../../core/index.js';
import { workFolder } from '../../cli/mtl.js';
import { load } from '../run/tiny.js';
import { eventsOf, writeRun } from './runs.js';

describe('serveReport', () => {
  const work = workFolder();
  let server: ReportServer;
  let folder: string;

  before(async () => {
    folder = (await writeRun(join(work.path, 'run'), eventsOf(1))).path;
    server = await serveReport(await load(), { folder, samples: 0 });
  });

  after(() => server.close());

  /** The status that a request gets. */
  function status(
    path: string,
    { method = 'GET', host }: { method?: string; host?: string } = {},
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      request(new URL(path, server.url), { method, ...(host ? { headers: { host } } : {}) }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      })
        .on('error', reject)
        .end();
    });
  }

  it('answers this machine alone, and gives nothing but the page', async () => {
    expect(server.url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(await status('/')).to.equal(200);
    expect(await status('/config.json')).to.equal(404);
    expect(await status('/', { method: 'POST' })).to.equal(405);
    // A page of another host that resolves to this machine.
    expect(await status('/', { host: 'elsewhere.example' })).to.equal(403);
  });

  it('says that a port is taken', async () => {
    const port = Number(new URL(server.url).port);
    const failure = await serveReport(await load(), { folder, samples: 0, port }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(MtlError).with.property('code', 'CONFIG_INVALID');
    expect((failure as MtlError).message).to.equal(
      `--port: expected a port that is free, found ${port}, which another program has; ` +
        'name another, or leave it out to get one that is free',
    );
  });
});
