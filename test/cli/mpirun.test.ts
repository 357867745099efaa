import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../../cli/local-ranks.js';
import { describeOn } from '../engines.js';
import { plainEnvironment } from '../plain-environment.js';
import { repositoryRoot } from '../repository.js';
import { startProgram } from '../run-program.js';
import { filesIn, mtl, tiny, workFolder, writeConfig } from './mtl.js';

const isHere = spawnSync('mpirun', ['--version']).status === 0;

describeOn('torch', 'mtl train under Open MPI', function () {
  this.timeout(180_000);
  const work = workFolder();

  before(async () => {
    const engine = { name: 'torch', threads: 1 };
    writeConfig(work.path, { ...tiny, engine, consistency: null, distributed: { syncBatchNorm: true } });
    expect(await mtl(['train', '--run', 'alone'], work.path)).to.include({ code: 0, stderr: '' });
  });

  const title = 'mpirun starts two ranks, of which the first one writes and prints';
  if (!isHere) {
    it.skip(`${title} (skipped: there is no mpirun; apt-get install openmpi-bin)`);
    return;
  }
  it(title, async () => {
    const options = ['--allow-run-as-root', '--oversubscribe', '-np', '2'];
    const bin = join(repositoryRoot(), 'dist/cli/bin.js');
    const args = [...options, process.execPath, bin, 'train', '--run', 'two'];
    const env = { ...plainEnvironment, MASTER_PORT: String(await freePort()) };
    const { code, stdout, stderr } = await startProgram('mpirun', args, env, work.path).ended;
    expect(code, stderr).to.equal(0);
    expect(stdout.match(/training and \d+ validation images/g)).to.have.length(1);
    expect(stdout).to.match(/│ depth +│ absolute +│/);
    expect(filesIn(join(work.path, 'two'))).to.deep.equal(filesIn(join(work.path, 'alone')));
  });
});
