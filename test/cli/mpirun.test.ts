import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { freePort } from '../../cli/local-ranks.js';
import { describeOn } from '../engines.js';
import { plainEnvironment } from '../plain-environment.js';
import { repositoryRoot } from '../repository.js';
import { filesIn, mtl, tiny, workFolder, writeConfig } from './mtl.js';

function isHere(command: string): boolean {
  return process.env.PATH!.split(delimiter).some((folder) => existsSync(join(folder, command)));
}

describeOn('torch', 'mtl train under Open MPI', function () {
  this.timeout(180_000);
  const work = workFolder();

  before(async () => {
    const engine = { name: 'torch', threads: 1 };
    writeConfig(work.path, { ...tiny, engine, consistency: null, distributed: { syncBatchNorm: true } });
    expect(await mtl(['train', '--run', 'alone'], work.path)).to.include({ code: 0, stderr: '' });
  });

  const title = 'mpirun starts two ranks, of which the first one writes and prints';
  if (!isHere('mpirun')) {
    it.skip(`${title} (skipped: there is no mpirun; apt-get install openmpi-bin)`);
    return;
  }
  it(title, async () => {
    const options = ['--allow-run-as-root', '--oversubscribe', '-np', '2'];
    const bin = join(repositoryRoot(), 'dist/cli/bin.js');
    const args = [...options, process.execPath, bin, 'train', '--run', 'two'];
    const env = { ...plainEnvironment, MASTER_PORT: String(await freePort()) };
    const { stdout } = await promisify(execFile)('mpirun', args, { cwd: work.path, env });
    expect(stdout.match(/training and \d+ validation images/g)).to.have.length(1);
    expect(stdout).to.match(/│ depth +│ absolute +│/);
    expect(filesIn(join(work.path, 'two'))).to.deep.equal(filesIn(join(work.path, 'alone')));
  });
});
