import { badValue } from '../errors.js';
import type { WorldSettings } from '../contracts/index.js';

/** What a launcher tells a process about the ranks; the rest is the config's. */
export type Launch = Omit<WorldSettings, 'group' | 'timeout' | 'startTimeout'> & {
  /** Ranks on this host. */
  readonly localSize: number;
};

type Variables = Readonly<Record<string, string | undefined>>;

/** PyTorch's, where nothing else is said. */
const defaultPort = 29500;

/**
 * What the launcher says, by whichever variables: those that torchrun and Kubeflow's PyTorchJob set (RANK, WORLD_SIZE,
 * MASTER_ADDR, MASTER_PORT), Slurm's, or Open MPI's. MASTER_ADDR and MASTER_PORT count with all of them.
 * @returns undefined where this process is to train alone
 * @throws MtlError `CONFIG_INVALID` where a variable is absent or no number of its kind
 */
export function worldFromEnvironment(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Launch | undefined {
  const found = torchrun(variables) ?? slurm(variables) ?? openMpi(variables);
  if (!found || found.size === 1) return undefined;
  const { rank, size } = found;
  if (rank >= size) {
    throw badValue('CONFIG_INVALID', {
      what: found.named.rank,
      expected: `a rank from 0 to ${size - 1}, as ${found.named.size} is ${size}`,
      found: String(rank),
    });
  }
  if (found.host === undefined) {
    throw badValue('CONFIG_INVALID', {
      what: 'MASTER_ADDR',
      expected: 'the host of rank 0',
      found: 'nothing',
      fix: 'set it for all ranks alike, MASTER_PORT too',
    });
  }
  return {
    rank,
    size,
    localSize: found.localSize,
    host: found.host,
    port: number(variables, 'MASTER_PORT', 0, 65_535) ?? found.port,
    launcherKeepsStore: variables.TORCHELASTIC_USE_AGENT_STORE === 'True',
    name: ['crosstask', variables.TORCHELASTIC_RUN_ID, variables.TORCHELASTIC_RESTART_COUNT]
      .filter(Boolean)
      .join('-'),
  };
}

/** This process among the ranks on its host. */
export interface LocalPlace {
  readonly rank: number;
  /** How many share the host's cores and cards; 1 where this process trains alone. */
  readonly size: number;
}

/** What the launcher says of this host's ranks. */
export function localPlace(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): LocalPlace {
  const launch = worldFromEnvironment(variables);
  if (!launch) return { rank: 0, size: 1 };
  const { rank, localSize: size } = launch;
  const named = ['LOCAL_RANK', 'SLURM_LOCALID', 'OMPI_COMM_WORLD_LOCAL_RANK'];
  const own = named.map((name) => number(variables, name)).find((found) => found !== undefined);
  return { rank: own ?? rank % size, size };
}

interface Found {
  readonly rank: number;
  readonly size: number;
  readonly localSize: number;
  readonly host: string | undefined;
  readonly port: number;
  /** The variables that rank and size were read from. */
  readonly named: { readonly rank: string; readonly size: string };
}

function torchrun(variables: Variables): Found | undefined {
  if (variables.WORLD_SIZE === undefined) return undefined;
  const size = number(variables, 'WORLD_SIZE', 1)!;
  const rank = number(variables, 'RANK');
  if (rank === undefined) {
    if (size === 1) return undefined;
    throw badValue('CONFIG_INVALID', {
      what: 'RANK',
      expected: `this process’s rank, as WORLD_SIZE is ${size}`,
      found: 'nothing',
    });
  }
  return {
    rank,
    size,
    localSize: number(variables, 'LOCAL_WORLD_SIZE', 1) ?? 1,
    host: variables.MASTER_ADDR,
    port: defaultPort,
    named: { rank: 'RANK', size: 'WORLD_SIZE' },
  };
}

/** Only in a job's step, which `srun` starts: a batch script sees the job's variables, too, and is no rank. */
function slurm(variables: Variables): Found | undefined {
  const { SLURM_STEP_ID, SLURM_PROCID } = variables;
  if (SLURM_STEP_ID === undefined || SLURM_PROCID === undefined) return undefined;
  const name = variables.SLURM_STEP_NUM_TASKS === undefined ? 'SLURM_NTASKS' : 'SLURM_STEP_NUM_TASKS';
  const size = number(variables, name, 1);
  if (size === undefined) return undefined;
  const nodes = variables.SLURM_STEP_NODELIST ?? variables.SLURM_JOB_NODELIST;
  // Another job on the same host is to find another port.
  const port = 20_000 + ((number(variables, 'SLURM_JOB_ID') ?? 0) % 20_000);
  return {
    rank: number(variables, 'SLURM_PROCID')!,
    size,
    localSize: tasksOnNode(variables) ?? 1,
    host: variables.MASTER_ADDR ?? (nodes === undefined ? undefined : firstHost(nodes)),
    port,
    named: { rank: 'SLURM_PROCID', size: name },
  };
}

function openMpi(variables: Variables): Found | undefined {
  const size = number(variables, 'OMPI_COMM_WORLD_SIZE', 1);
  const rank = number(variables, 'OMPI_COMM_WORLD_RANK');
  if (size === undefined || rank === undefined) return undefined;
  const localSize = number(variables, 'OMPI_COMM_WORLD_LOCAL_SIZE', 1) ?? 1;
  return {
    rank,
    size,
    localSize,
    // Open MPI names no host.
    host: variables.MASTER_ADDR ?? (localSize === size ? '127.0.0.1' : undefined),
    port: defaultPort,
    named: { rank: 'OMPI_COMM_WORLD_RANK', size: 'OMPI_COMM_WORLD_SIZE' },
  };
}

/** Of `4(x2),3`, tasks by node, this node's: `SLURM_NODEID` says which it is. */
function tasksOnNode(variables: Variables): number | undefined {
  const counts = (variables.SLURM_STEP_TASKS_PER_NODE ?? variables.SLURM_TASKS_PER_NODE ?? '')
    .split(',')
    .flatMap((entry) => {
      const [, tasks, times = '1'] = /^(\d+)(?:\(x(\d+)\))?$/.exec(entry) ?? [];
      return tasks === undefined ? [] : Array.from({ length: Number(times) }, () => Number(tasks));
    });
  return counts[number(variables, 'SLURM_NODEID') ?? 0];
}

/** The first of `gpu[003-005,007],login1`: gpu003. */
function firstHost(nodes: string): string {
  const [, before = '', first, after = ''] = /^([^[,]*)(?:\[(\d+)[^\]]*\])?([^,[]*)/.exec(nodes) ?? [];
  return first === undefined ? before : `${before}${first}${after}`;
}

/** @throws MtlError `CONFIG_INVALID` where there is something else */
function number(variables: Variables, name: string, least = 0, most = Infinity): number | undefined {
  const text = variables[name];
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  throw badValue('CONFIG_INVALID', {
    what: name,
    expected: `a whole number ${most < Infinity ? `from ${least} to ${most}` : `of at least ${least}`}`,
    found: `"${text}"`,
  });
}
