import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { isAlive } from '../../../is-alive.js';
import { failureOf } from '../../../core/fakes.js';
import { buildsIn } from './builds.js';
import { workFolder } from './trees.js';

const work = workFolder();
const { build, fakeCompiler, left } = buildsIn(work);

describe('buildAddon', () => {
  it('says what to install where there is no compiler', async () => {
    const none = await failureOf(() => build('none', { environment: { PATH: '/nonexistent' } }));
    expect(none.code).to.equal('ENGINE_BUILD_FAILED');
    expect(none.message.split('\n')).to.deep.equal([
      'engine torch: there is no C++ compiler:',
      '  g++: there is no such program',
      '  clang++: there is no such program',
      '  c++: there is no such program',
      'Install one with "apt-get install g++", or name one in the variable CXX.',
    ]);
    const named = await failureOf(() => build('none', { environment: { CXX: '/nonexistent/g++ -m64' } }));
    expect(named.message).to.match(
      /^engine torch: CXX names no C\+\+ compiler:\n {2}\/nonexistent\/g\+\+ -m64: /,
    );
  });

  it('takes a compiler that was killed for one that lacked memory', async () => {
    const CXX = fakeCompiler('killed', 'kill -9 $$');
    const { message } = await failureOf(() => build('killed-build', { environment: { CXX } }));
    expect(message).to.match(/\nMost likely a compiler was killed, .*CROSSTASK_BUILD_JOBS=1/);
    expect(left('killed-build')).to.deep.equal([]);
  });

  it('stops the other compilers at the first failure', async () => {
    const CXX = fakeCompiler(
      'one-fails',
      'case "$*" in *a.cc*) echo "error: a" >&2; exit 1;; *) sleep 30;; esac',
    );
    const started = performance.now();
    const files = { 'a.cc': '', 'b.cc': '', 'c.cc': '' };
    const environment = { CXX, CROSSTASK_BUILD_JOBS: '2' };
    const { message } = await failureOf(() => build('first-failure', { files, environment }));
    expect(message).to.match(
      /^engine torch: compiling a\.cc failed.*\n {2}error: a\nThis is none of the usual causes; /,
    );
    expect(performance.now() - started).to.be.below(10_000);
    expect(left('first-failure')).to.deep.equal([]);
  });

  it('runs as many compilers at once as it is told to', async () => {
    const log = join(work.path, 'log');
    const CXX = fakeCompiler('logging', `echo start >> ${log}`, 'sleep 0.1', `echo end >> ${log}`);
    const files = { 'a.cc': '', 'b.cc': '', 'c.cc': '' };
    await failureOf(() => build('one-job', { files, environment: { CXX, CROSSTASK_BUILD_JOBS: '1' } }));
    expect(readFileSync(log, 'utf8')).to.equal('start\nend\n'.repeat(4)); // three files, and the link
  });

  it('ends compilers and what they started when it is stopped, and removes what was made', async function () {
    this.timeout(20_000);
    const pids = join(work.path, 'pids');
    const CXX = fakeCompiler(
      'endless',
      'sleep 60 & echo $! >> ' + pids,
      'echo $$ >> ' + pids,
      'echo > $TMPDIR/left',
      'wait',
    );
    const stop = new AbortController();
    const building = build('stopped', {
      environment: { CXX, CROSSTASK_BUILD_JOBS: '2' },
      signal: stop.signal,
    });
    const failure = failureOf(() => building);
    const running = (): number[] =>
      existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n').map(Number) : [];
    while (running().length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    expect((await failure).code).to.equal('INTERRUPTED');
    expect(left('stopped')).to.deep.equal([]);
    for (const pid of running()) expect(isAlive(pid), String(pid)).to.equal(false);
  });

  it('does not begin where it is stopped already', async () => {
    const environment = { CXX: fakeCompiler('unused', 'exit 1') };
    const { code } = await failureOf(() => build('late', { environment, signal: AbortSignal.abort() }));
    expect(code).to.equal('INTERRUPTED');
    expect(left('late')).to.deep.equal([]);
  });

  it('needs sources', async () => {
    const { message } = await failureOf(() => build('no-sources', { files: { 'a.hpp': '' } }));
    expect(message).to.match(
      /^engine torch: its sources are missing from .*no-sources\/native; install crosstask again$/,
    );
  });
});
