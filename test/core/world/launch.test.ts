import { expect } from 'chai';
import { MtlError } from '../../../core/index.js';
import { localPlace, worldFromEnvironment } from '../../../core/world/launch.js';

const torchrun = {
  RANK: '2',
  WORLD_SIZE: '4',
  LOCAL_WORLD_SIZE: '2',
  MASTER_ADDR: 'node1',
  MASTER_PORT: '1234',
};

const srun = {
  SLURM_JOB_ID: '4000123',
  SLURM_STEP_ID: '0',
  SLURM_PROCID: '5',
  SLURM_NODEID: '2',
  SLURM_STEP_NUM_TASKS: '6',
  SLURM_STEP_TASKS_PER_NODE: '2(x2),1(x2)',
  SLURM_STEP_NODELIST: 'gpu[003-005,007]',
};

const mpirun = { OMPI_COMM_WORLD_SIZE: '3', OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_LOCAL_SIZE: '3' };

describe('localPlace', () => {
  it('is the place among the ranks of the host, which launchers name by variables of their own', () => {
    expect(localPlace(torchrun)).to.deep.equal({ rank: 0, size: 2 });
    expect(localPlace({ ...torchrun, LOCAL_RANK: '1' })).to.deep.equal({ rank: 1, size: 2 });
    expect(localPlace({ ...srun, SLURM_NODEID: '1', SLURM_LOCALID: '1' })).to.deep.equal({
      rank: 1,
      size: 2,
    });
    expect(localPlace({ ...mpirun, OMPI_COMM_WORLD_LOCAL_RANK: '2' })).to.deep.equal({ rank: 2, size: 3 });
    expect(localPlace(mpirun)).to.deep.equal({ rank: 1, size: 3 });
  });

  it('is alone where nothing is named', () => {
    expect(localPlace({ LOCAL_RANK: '3' })).to.deep.equal({ rank: 0, size: 1 });
  });
});

describe('worldFromEnvironment', () => {
  it('knows torchrun’s and PyTorchJob’s variables', () => {
    expect(worldFromEnvironment(torchrun)).to.deep.equal({
      rank: 2,
      size: 4,
      localSize: 2,
      host: 'node1',
      port: 1234,
      launcherKeepsStore: false,
      name: 'crosstask',
    });
    const agent = {
      TORCHELASTIC_USE_AGENT_STORE: 'True',
      TORCHELASTIC_RUN_ID: 'a',
      TORCHELASTIC_RESTART_COUNT: '1',
    };
    expect(worldFromEnvironment({ ...torchrun, ...agent })).to.include({
      launcherKeepsStore: true,
      name: 'crosstask-a-1',
    });
  });

  it('knows a Slurm step’s: the first node is where the ranks meet, each job at a port of its own', () => {
    const expected = { rank: 5, size: 6, localSize: 1, host: 'gpu003', port: 20_123 };
    expect(worldFromEnvironment(srun)).to.include(expected);
    for (const [nodes, host] of [
      ['node7', 'node7'],
      ['a1,b[2-3]', 'a1'],
      ['rack[01-02]-n,rack05-n', 'rack01-n'],
    ])
      expect(worldFromEnvironment({ ...srun, SLURM_STEP_NODELIST: nodes })).to.include({ host });
    expect(worldFromEnvironment({ ...srun, MASTER_ADDR: '10.0.0.1', MASTER_PORT: '7' })).to.include({
      host: '10.0.0.1',
      port: 7,
    });
  });

  it('takes a batch script, which sees the job’s variables, for no rank', () => {
    const { SLURM_STEP_ID, ...script } = { ...srun, SLURM_NTASKS: '6' };
    expect(SLURM_STEP_ID).to.equal('0');
    expect(worldFromEnvironment(script)).to.equal(undefined);
  });

  it('knows Open MPI’s, which names a host only where there are several', () => {
    expect(worldFromEnvironment(mpirun)).to.include({ rank: 1, size: 3, localSize: 3, host: '127.0.0.1' });
    expect(() => worldFromEnvironment({ ...mpirun, OMPI_COMM_WORLD_LOCAL_SIZE: '1' })).to.throw(
      MtlError,
      /^MASTER_ADDR: /,
    );
  });

  it('trains alone where nothing, or one rank, is named', () => {
    expect(worldFromEnvironment({})).to.equal(undefined);
    expect(worldFromEnvironment({ WORLD_SIZE: '1' })).to.equal(undefined);
    expect(worldFromEnvironment({ ...torchrun, RANK: '0', WORLD_SIZE: '1' })).to.equal(undefined);
  });

  it('names the variable that is absent or wrong', () => {
    const wrong: [Record<string, string | undefined>, RegExp][] = [
      [{ RANK: undefined }, /^RANK: expected this process’s rank, as WORLD_SIZE is 4, found nothing/],
      [{ RANK: '4' }, /^RANK: expected a rank from 0 to 3, as WORLD_SIZE is 4, found 4/],
      [{ RANK: '-1' }, /^RANK: expected a whole number of at least 0, found "-1"/],
      [{ WORLD_SIZE: 'two' }, /^WORLD_SIZE: /],
      [{ MASTER_ADDR: undefined }, /^MASTER_ADDR: expected the host of rank 0, found nothing; set it/],
      [{ MASTER_PORT: '1e3' }, /^MASTER_PORT: /],
      [{ MASTER_PORT: '65536' }, /^MASTER_PORT: expected a whole number from 0 to 65535/],
    ];
    for (const [changed, says] of wrong)
      expect(() => worldFromEnvironment({ ...torchrun, ...changed })).to.throw(MtlError, says);
  });
});
