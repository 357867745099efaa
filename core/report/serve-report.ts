import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LoadedConfig } from '../config/index.js';
import { badValue, messageOf } from '../errors.js';
import { openFrame, panelsOrReason, type ReportOptions } from './frame.js';
import { HistoryReader, type RunHistory } from './history.js';
import { liveUpdate, renderPage } from './page/page.js';
import { reportOf, type Report, type ReportFrame } from './report.js';

export interface ServeReportOptions extends ReportOptions {
  /** By default, and for 0, one that is free. */
  readonly port?: number | undefined;
}

/** A report that is served. */
export interface ReportServer {
  /** Where the page is. */
  readonly url: string;
  /** Settles when the pictures are made, or it is known why there are none. */
  readonly pictured: Promise<void>;
  /** Ends all connections, and frees the port. */
  close(): Promise<void>;
}

const host = '127.0.0.1';
/** Milliseconds between looks at the run's folder. */
const interval = 1000;

/**
 * Serves a run's report to this machine; the page follows the run while it goes on. Pictures are made once, of the model
 * that is the best one when the server starts.
 * @param loaded the run's config, see `loadRunConfig`
 * @throws MtlError `RUN_INVALID` where a folder is no run's, `CONFIG_INVALID` where the port cannot be had
 */
export async function serveReport(loaded: LoadedConfig, options: ServeReportOptions): Promise<ReportServer> {
  const { samples, port = 0 } = options;
  const panels = samples === 0 ? null : 'they are being made.';
  const live = new LiveReport(options.folder, { ...openFrame(loaded, options), panels });
  const server = createServer((request, response) => live.answer(request, response));
  await listen(server, port);
  const timer = setInterval(() => live.look(), interval);
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/`,
    pictured: panelsOrReason(loaded, options).then((made) => live.show(made)),
    async close() {
      clearInterval(timer);
      live.end();
      await new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      });
    },
  };
}

/** The report as it is now, and the pages that follow it. */
class LiveReport {
  private readonly reader: HistoryReader;
  private readonly followers = new Set<ServerResponse>();
  private seen = '';

  constructor(
    folder: string,
    private frame: ReportFrame,
  ) {
    this.reader = new HistoryReader(folder);
  }

  show(panels: ReportFrame['panels']): void {
    this.frame = { ...this.frame, panels };
    this.tell(this.followers);
  }

  /** Tells all pages where the run has gone on. */
  look(): void {
    if (this.followers.size === 0) return;
    try {
      const { steps, epochs, validations, state, environment } = this.reader.read();
      const seen = [steps, epochs, validations, environment?.resumed ?? []].map(({ length }) => length);
      if ([...seen, state].join() === this.seen) return;
      this.seen = [...seen, state].join();
      this.tell(this.followers);
    } catch {
      // The folder is gone, or is being written anew: the pages stay as they are.
    }
  }

  answer({ method, url, headers }: IncomingMessage, response: ServerResponse): void {
    // A name that somebody else made lead here would let their pages read this one.
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '')) refuse(response, 403);
    else if (method !== 'GET') refuse(response, 405);
    else if (url === '/live') this.follow(response);
    else if (url === '/') this.page(response);
    else refuse(response, 404);
  }

  end(): void {
    for (const follower of this.followers) follower.end();
  }

  private page(response: ServerResponse): void {
    try {
      const page = renderPage(this.report(), { live: true });
      response.writeHead(200, { ...common, 'content-type': 'text/html; charset=utf-8' }).end(page);
    } catch (error) {
      response
        .writeHead(500, { ...common, 'content-type': 'text/plain; charset=utf-8' })
        .end(messageOf(error));
    }
  }

  private follow(response: ServerResponse): void {
    response.writeHead(200, { ...common, 'content-type': 'text/event-stream' });
    this.followers.add(response);
    response.on('close', () => this.followers.delete(response));
    this.tell([response]);
  }

  private tell(followers: Iterable<ServerResponse>): void {
    const update = JSON.stringify(liveUpdate(this.report()));
    for (const follower of followers) follower.write(`data: ${update}\n\n`);
  }

  private report(): Report {
    const history: RunHistory = this.reader.read();
    return reportOf(history, this.frame);
  }
}

const common = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, common).end();
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((listening, failed) => {
      server.once('error', failed).listen(port, host, listening);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    throw badValue('CONFIG_INVALID', {
      what: '--port',
      expected: 'a port that is free',
      found: `${port}, ${code === 'EADDRINUSE' ? 'which another program has' : 'which only the system may take'}`,
      fix: 'name another, or leave it out to get one that is free',
    });
  }
}
