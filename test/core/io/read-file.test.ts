import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readRegularFile, readRegularFileSync } from '../../../core/index.js';

/** The message that both ways of reading end with. */
async function refusal(file: string, limit?: number): Promise<string> {
  const messages: string[] = [];
  const note = (error: unknown): void => void messages.push((error as Error).message);
  await readRegularFile(file, limit).catch(note);
  try {
    readRegularFileSync(file, limit);
  } catch (error) {
    note(error);
  }
  expect(messages).to.have.length(2);
  expect(messages[1]).to.equal(messages[0]);
  return messages[0]!;
}

describe('reading a file', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'read-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('gives its bytes', async () => {
    const file = join(folder, 'good');
    for (const bytes of [Buffer.alloc(0), Buffer.from('some bytes'), Buffer.alloc(100_000, 7)]) {
      writeFileSync(file, bytes);
      expect((await readRegularFile(file)).equals(bytes)).to.be.true;
      expect(readRegularFileSync(file, bytes.length).equals(bytes)).to.be.true;
    }
  });

  it('refuses one that is larger than the limit before memory is taken', async () => {
    const file = join(folder, 'huge');
    writeFileSync(file, '');
    truncateSync(file, 2 ** 40);
    const before = process.memoryUsage.rss();
    expect(await refusal(file, 1000)).to.equal('1099511627776 bytes, more than the 1000 that can be read');
    const message = await readRegularFile(file).catch((error: Error) => error.message);
    expect(message).to.equal('1099511627776 bytes, more than the 2147483647 that can be read');
    expect(process.memoryUsage.rss() - before).to.be.below(64 * 2 ** 20);
  });

  it('refuses what is no file, and does not wait for it', async function () {
    if (process.platform === 'win32') this.skip();
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(await refusal(folder)).to.equal('a folder, not a regular file');
    expect(await refusal(pipe)).to.equal('a named pipe, not a regular file');
    expect(await refusal('/dev/zero')).to.equal('a device, not a regular file');
    expect(await refusal('/dev/null')).to.equal('a device, not a regular file');
    const socket = join(folder, 'socket');
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await refusal(socket)).to.match(/a socket, not a regular file|ENXIO/);
    server.close();
    expect(await refusal(join(folder, 'absent'))).to.match(/ENOENT/);
  });
});
