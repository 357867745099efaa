import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { MtlError } from '../../../core/index.js';
import { lockHolder, RunLock, type LockHolder } from '../../../core/run/lock.js';
import { processStart } from '../../../core/run/process-start.js';

const program = fileURLToPath(new URL('./lock-process.js', import.meta.url));

/** Another process that can take the lock. */
interface Rival {
  readonly child: ChildProcess;
  readonly line: () => Promise<string>;
}

async function rival(folder: string): Promise<Rival> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  expect(await line()).to.equal('ready');
  return { child, line };
}

async function end({ child }: Rival, signal?: NodeJS.Signals): Promise<void> {
  const exited = once(child, 'exit');
  if (signal) child.kill(signal);
  else child.stdin!.end();
  await exited;
}

describe('the lock of a run folder', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
    file = join(folder, 'run.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (holder: Partial<LockHolder>): void => {
    const whole = { pid: process.pid, host: hostname(), processStart: processStart(process.pid), since: 'x' };
    writeFileSync(file, JSON.stringify({ ...whole, ...holder }));
  };

  async function refused(): Promise<string> {
    const error: unknown = await RunLock.take(folder).then(
      (lock) => lock.release(),
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(MtlError).with.property('code', 'RUN_INVALID');
    return (error as Error).message;
  }

  it('says who has it, and is gone when it is released', async () => {
    const lock = await RunLock.take(folder);
    const found = JSON.parse(readFileSync(file, 'utf8')) as LockHolder;
    expect(found).to.include({ pid: process.pid, host: hostname() });
    expect(lockHolder(folder)).to.deep.equal(found);
    expect(await refused()).to.equal(
      `the run folder: expected one that no other process trains in, found process ${process.pid} on this host ` +
        `(${hostname()}) at work in ${folder} since ${found.since}; wait for it, stop it with "kill ${process.pid}" ` +
        '(it saves first), or name another folder with --run',
    );
    lock.release();
    expect(readdirSync(folder)).to.deep.equal([]);
    lock.release();
    expect(lockHolder(folder)).to.equal(undefined);
  });

  it('is left alone by who has lost it', async () => {
    const lock = await RunLock.take(folder);
    write({ host: 'elsewhere' });
    lock.release();
    expect(existsSync(file)).to.equal(true);
  });

  it('of another host is never taken over, and the message says what to remove', async () => {
    write({ host: 'elsewhere', pid: 1 });
    const message = await refused();
    expect(message)
      .to.contain(`process 1 on the host (elsewhere) at work in ${folder} since x`)
      .and.contain(`if it is gone, remove ${file}`);
  });

  it('of a process that was killed is taken over', async () => {
    const other = await rival(folder);
    other.child.stdin!.write('go\n');
    expect(await other.line()).to.equal('taken');
    expect(await refused()).to.contain(`process ${other.child.pid} `);
    await end(other, 'SIGKILL');
    expect(lockHolder(folder)).to.equal(undefined);
    const lock = await RunLock.take(folder);
    expect(lockHolder(folder)).to.have.property('pid', process.pid);
    lock.release();
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('of a process whose number another one has now is taken over', async function () {
    if (processStart(process.pid) === null) return this.skip();
    write({ processStart: '1' });
    const lock = await RunLock.take(folder);
    lock.release();
  });

  it('that was never written whole is taken over', async () => {
    writeFileSync(file, '{"pid":');
    const lock = await RunLock.take(folder);
    lock.release();
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('goes when the process exits without releasing it', async () => {
    const other = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { RunLock } from ${JSON.stringify(new URL('../../../core/run/lock.js', import.meta.url).href)};
       await RunLock.take(${JSON.stringify(folder)}); process.exit(3);`,
    ]);
    expect(await once(other, 'exit')).to.deep.equal([3, null]);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  for (const [title, before] of [
    ['a free one', () => undefined],
    ['a dead process’s one', () => write({ processStart: '1' })],
    ['one that was torn', () => writeFileSync(file, '')],
    [
      'a dead process’s one whose taker was killed',
      () => {
        write({ processStart: '1' });
        writeFileSync(`${file}.over`, readFileSync(file));
      },
    ],
  ] as const) {
    it(`of many processes that want ${title} at once, one gets it`, async function () {
      if (processStart(process.pid) === null) return this.skip();
      before();
      const rivals = await Promise.all(Array.from({ length: 12 }, () => rival(folder)));
      for (const { child } of rivals) child.stdin!.write('go\n');
      const answers = await Promise.all(rivals.map(({ line }) => line()));
      const winners = rivals.filter((_, index) => answers[index] === 'taken');
      expect(winners).to.have.length(1);
      const name = `process ${winners[0]!.child.pid} `;
      for (const answer of answers.filter((text) => text !== 'taken')) expect(answer).to.contain(name);
      await Promise.all(rivals.map((each) => end(each)));
      expect(readdirSync(folder)).to.deep.equal([]);
    });
  }
});
