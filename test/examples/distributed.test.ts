import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import { tiny, workFolder, write, writeConfig } from '../cli/mtl.js';
import { freePort } from '../../cli/local-ranks.js';
import { describeOn } from '../engines.js';
import { plainEnvironment } from '../plain-environment.js';
import { repositoryRoot } from '../repository.js';

const folder = join(repositoryRoot(), 'examples/distributed');
const bin = join(repositoryRoot(), 'dist/cli/bin.js');

/** Does what srun does with a step of two tasks on this host. */
const srun = `#!/usr/bin/env bash
[ "$1" = --kill-on-bad-exit=1 ] || exit 9
shift
export SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_TASKS_PER_NODE=2 SLURM_NODEID=0 SLURM_STEP_NODELIST=localhost
SLURM_PROCID=1 "$@" > follower.txt & SLURM_PROCID=0 "$@" && wait $!
`;

describeOn('torch', 'examples/distributed', function () {
  this.timeout(180_000);
  const work = workFolder();

  it('train.slurm trains as a step’s ranks, and started again when all is done it only measures', async () => {
    writeConfig(
      work.path,
      { ...tiny, consistency: null, train: { ...tiny.train, epochs: 1 } },
      'mtl.config.yaml',
    );
    mkdirSync(join(work.path, 'bin'));
    const commands = { srun, mtl: `#!/usr/bin/env bash\nexec "${process.execPath}" "${bin}" "$@"\n` };
    for (const [name, text] of Object.entries(commands))
      chmodSync(write(work.path, `bin/${name}`, text), 0o755);
    const env = {
      ...plainEnvironment,
      PATH: `${join(work.path, 'bin')}${delimiter}${process.env.PATH}`,
      SLURM_JOB_ID: '7',
      MASTER_PORT: String(await freePort()),
    };
    const run = promisify(execFile);
    const script = join(folder, 'train.slurm');
    const first = await run('bash', [script], { cwd: work.path, env });
    expect(first.stdout).to.match(/8 training and 4 validation images; 1 epochs? of 2 steps/);
    expect(readFileSync(join(work.path, 'follower.txt'), 'utf8')).to.equal('');
    const again = await run('bash', [script], { cwd: work.path, env });
    expect(again.stdout).to.match(/Trained in/);
    const starts = readFileSync(join(work.path, 'runs/7/events.jsonl'), 'utf8').match(/"resumedAt":\d+/g);
    expect(starts).to.deep.equal(['"resumedAt":0']);
  });

  it('pytorchjob.yaml has a master, workers alike, and a command that exists', () => {
    const job = parse(readFileSync(join(folder, 'pytorchjob.yaml'), 'utf8')) as Job;
    expect([job.apiVersion, job.kind]).to.deep.equal(['kubeflow.org/v1', 'PyTorchJob']);
    const { Master, Worker } = job.spec.pytorchReplicaSpecs;
    expect([Master.replicas, Worker.replicas]).to.deep.equal([1, 3]);
    expect(Worker.template).to.deep.equal(Master.template);
    const [container] = Master.template.spec.containers;
    expect(container).to.deep.include({ name: 'pytorch', command: ['mtl', 'train'] });
  });
});

interface Replicas {
  readonly replicas: number;
  readonly template: { readonly spec: { readonly containers: readonly object[] } };
}

interface Job {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: { readonly pytorchReplicaSpecs: Readonly<Record<'Master' | 'Worker', Replicas>> };
}
