import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Set for the ranks that this process starts: they end when it does. */
const startedHere = 'CROSSTASK_STARTED_LOCALLY';

/** How long ranks that are left may take to say why they end, ms. */
const grace = 5000;

interface Rank {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
}

interface Ending {
  readonly rank: number;
  /** Exit code, or the signal that killed it. */
  readonly code: number | NodeJS.Signals;
  /** What it said, where that was not shown; rank 0's is. */
  readonly errors: string;
}

/** How ranks on this host belong together. */
export interface LocalRanks {
  readonly count: number;
  /** How many consecutive ones end together; a group that ends leaves the others at work. */
  readonly group: number;
  /** How the user goes on where a rank was killed. */
  readonly goOn: string;
}

/**
 * Ends this process as a command does that runs as several ranks on this host. Rank 0 has this process's input and output;
 * of the others only errors are told. Ctrl-C and SIGTERM go to the first rank of each group, which stops it after a step; a
 * second one ends all at once.
 * @param args the command and its arguments, among them --nproc
 * @throws MtlError `CONFIG_INVALID` where a launcher has started ranks already
 */
export async function runLocalRanks(args: readonly string[], how: LocalRanks): Promise<never> {
  await assertNotLaunched();
  const { count, group } = how;
  const port = await freePort();
  const ranks = Array.from({ length: count }, (_, rank) => startRank(rank, count, port, withoutNproc(args)));
  let asked = false;
  const onSignal = (): void => {
    if (asked) endAll(ranks);
    else for (let first = 0; first < count; first += group) ranks[first]!.child.kill('SIGTERM');
    asked = true;
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return process.exit(await exitCode(ranks, how));
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function assertNotLaunched(): Promise<void> {
  const { badValue, worldFromEnvironment } = await import('../core/index.js');
  const launched = worldFromEnvironment();
  if (!launched) return;
  throw badValue('CONFIG_INVALID', {
    what: '--nproc',
    expected: 'no launcher that starts the ranks itself',
    found: `rank ${launched.rank} of ${launched.size} in the environment`,
    fix: 'leave --nproc out',
  });
}

function withoutNproc(args: readonly string[]): string[] {
  return args.filter((arg, index) => !/^--nproc(=|$)/.test(arg) && args[index - 1] !== '--nproc');
}

/** In a rank: ends it with the process that started it, whatever became of that. */
export function endWithStarter(): void {
  if (process.env[startedHere] === undefined || !process.channel) return;
  process.once('disconnect', () => process.exit(1));
  process.channel.unref();
}

function startRank(rank: number, size: number, port: number, args: readonly string[]): Rank {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    // A terminal's Ctrl-C is for this process alone, which passes it on.
    detached: true,
    stdio: rank === 0 ? ['inherit', 'inherit', 'inherit', 'ipc'] : ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...process.env,
      [startedHere]: '1',
      RANK: String(rank),
      WORLD_SIZE: String(size),
      LOCAL_RANK: String(rank),
      LOCAL_WORLD_SIZE: String(size),
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: String(port),
    },
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (errors.length < 1e5) errors += text;
  });
  const ended = new Promise<Ending>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ rank, code: code ?? signal ?? 'SIGKILL', errors }));
  });
  return { child, ended };
}

/** Waits for all. Where one fails, those that end with it are given a while to do so by themselves. */
async function exitCode(ranks: readonly Rank[], { group, goOn }: LocalRanks): Promise<number> {
  const failures: Ending[] = [];
  const endings = ranks.map(async ({ ended }, rank) => {
    const ending = await ended;
    if (ending.code === 0) return;
    failures.push(ending);
    const others = endingWith(rank, ranks, group);
    await Promise.race([
      sleep(grace, undefined, { ref: false }),
      Promise.all(others.map((one) => one.ended)),
    ]);
    endAll(others);
  });
  await Promise.all(endings);
  const [first] = failures;
  if (!first) return 0;
  const told = failures.find(({ rank }) => rank === 0);
  if (told?.code !== 130) process.stderr.write(described(first, goOn));
  return typeof first.code === 'number'
    ? told && typeof told.code === 'number'
      ? told.code
      : first.code
    : 1;
}

/** The ranks that end where one does: its group, and all with rank 0, which keeps what they share until all have ended. */
function endingWith(rank: number, ranks: readonly Rank[], group: number): readonly Rank[] {
  if (rank === 0) return ranks;
  const first = rank - (rank % group);
  return ranks.slice(group < ranks.length ? Math.max(first, 1) : 0, first + group);
}

function described({ rank, code, errors }: Ending, goOn: string): string {
  if (typeof code === 'string') return `Error: rank ${rank} was ended by ${code}; ${goOn}\n`;
  return rank === 0 || errors === '' ? '' : `rank ${rank}: ${errors.trimEnd()}\n`;
}

function endAll(ranks: readonly Rank[]): void {
  for (const { child } of ranks)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
