import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readCheckpoint } from '../../../core/index.js';
import { plainEnvironment } from '../../plain-environment.js';
import { expectOneError, filesIn, mtl, workFolder, writeConfig } from '../mtl.js';
import { errorOf, expectUndisturbed, small, struckAt } from './faults.js';

const bin = fileURLToPath(new URL('../../../cli/bin.js', import.meta.url));
const isRoot = process.getuid?.() === 0;
const nobody = 65534;

describe('mtl train and its disk', function () {
  this.timeout(120_000);
  const work = workFolder();

  before(async () => {
    writeConfig(work.path, small);
    expect((await mtl(['train', '--run', 'whole'], work.path)).code).to.equal(0);
  });

  describe('that is full', () => {
    let disk = '';
    let refused = '';

    before(() => {
      disk = join(work.path, 'disk');
      mkdirSync(disk);
      const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
      if (status !== 0) refused = error?.message ?? String(stderr).trim();
    });

    after(() => {
      if (!refused) execFileSync('umount', [disk]);
    });

    it('stops with one error, keeps the last checkpoint whole, and goes on once there is room', async function () {
      if (refused) {
        this.test!.title += ` (skipped: ${refused})`;
        this.skip();
      }
      const [run, filler] = [join('disk', 'run'), join(disk, 'filler')];
      const ended = await struckAt(['train', '--run', run], work.path, /"type":"checkpoint"/, () =>
        fill(filler),
      );
      expect(ended.code).to.equal(1);
      const { code, message } = errorOf(ended);
      expect(code).to.equal('RUN_INVALID');
      expect(message).to.match(
        /^Cannot write \S+disk\/run\/\S+ \([\d.]+ (bytes|KiB|MiB)\): the disk is full: free some/,
      );
      expect(() => readCheckpoint(join(disk, 'run', 'checkpoints', 'last.safetensors'))).to.not.throw();
      expect(filesIn(join(disk, 'run')).filter((name) => name.endsWith('.tmp'))).to.deep.equal([]);
      rmSync(filler);
      await expectUndisturbed(work.path, run, 'whole');
    });
  });

  it('says so where it may not write, as any user', function () {
    if (!isRoot) {
      this.test!.title += ' (skipped: needs root to become another user)';
      this.skip();
    }
    const locked = join(work.path, 'locked');
    mkdirSync(locked);
    chmodSync(work.path, 0o755);
    chmodSync(locked, 0o555);
    chownSync(locked, nobody, nobody);
    const { status, stderr } = spawnSync(process.execPath, [bin, 'train', '--run', 'locked/run'], {
      cwd: work.path,
      uid: nobody,
      gid: nobody,
      env: { ...plainEnvironment, HOME: work.path },
      encoding: 'utf8',
    });
    expect(status).to.equal(1);
    expectOneError(
      stderr,
      work.path,
      /Cannot write the run folder FOLDER\/locked\/run: it may not be written to/,
    );
  });

  it('says so where the folder is removed under it', async () => {
    const run = join(work.path, 'removed');
    const ended = await struckAt(['train', '--run', 'removed'], work.path, /"type":"step"/, () =>
      renameSync(run, join(work.path, 'elsewhere')),
    );
    expect(ended.code).to.equal(1);
    const { code, message } = errorOf(ended);
    expect(code).to.equal('RUN_INVALID');
    expect(message).to.match(/removed|its folder is gone/);
    // Put back, it goes on.
    rmSync(run, { recursive: true, force: true });
    renameSync(join(work.path, 'elsewhere'), run);
    await expectUndisturbed(work.path, 'removed', 'whole');
  });

  it('says so where its events cannot be added to', async () => {
    const file = join(work.path, 'deaf', 'events.jsonl');
    let kept = '';
    const ended = await struckAt(['train', '--run', 'deaf'], work.path, /"type":"checkpoint"/, () => {
      kept = readFileSync(file, 'utf8');
      rmSync(file);
      mkdirSync(file);
    });
    expect(ended.code).to.equal(1);
    const { code, message } = errorOf(ended);
    expect(code).to.equal('RUN_INVALID');
    expect(message).to.match(
      /^Cannot write \S+deaf\/events\.jsonl \(.*\): there is a folder of that name: remove it$/,
    );
    rmSync(file, { recursive: true });
    writeFileSync(file, kept);
    // The events between are gone with the file that was taken away: those of the checkpoint's steps alone.
    const resumed = await mtl(['train', '--run', 'deaf', '--resume'], work.path);
    expect(resumed).to.include({ code: 0, stderr: '' });
    const metrics = (name: string): string => readFileSync(join(work.path, name, 'metrics.json'), 'utf8');
    expect(metrics('deaf')).to.equal(metrics('whole'));
  });
});

/** Writes a file until the disk it is on is full. */
function fill(file: string): void {
  spawnSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4k']);
}
