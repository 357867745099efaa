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

/**
 * Runs a command as several ranks on this host. Rank 0 has this process's input and output; of the others only errors
 * are told. Ctrl-C and SIGTERM go to rank 0, which stops them all after a step; a second one ends them at once.
 * @param args the command and its arguments
 * @returns the exit code
 */
export async function runLocalRanks(count: number, args: readonly string[]): Promise<number> {
  const port = await freePort();
  const ranks = Array.from({ length: count }, (_, rank) => startRank(rank, count, port, args));
  let asked = false;
  const onSignal = (): void => {
    if (asked) endAll(ranks);
    else ranks[0]!.child.kill('SIGTERM');
    asked = true;
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await exitCode(ranks);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
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

/** Waits for all. Where one fails, the others are given a while to end by themselves. */
async function exitCode(ranks: readonly Rank[]): Promise<number> {
  const failures: Ending[] = [];
  const endings = ranks.map(async ({ ended }) => {
    const ending = await ended;
    if (ending.code === 0) return;
    failures.push(ending);
    if (failures.length > 1) return;
    await Promise.race([sleep(grace, undefined, { ref: false }), Promise.all(ranks.map((one) => one.ended))]);
    endAll(ranks);
  });
  await Promise.all(endings);
  const [first] = failures;
  if (!first) return 0;
  const told = failures.find(({ rank }) => rank === 0);
  if (told?.code !== 130) process.stderr.write(described(first));
  return typeof first.code === 'number'
    ? told && typeof told.code === 'number'
      ? told.code
      : first.code
    : 1;
}

function described({ rank, code, errors }: Ending): string {
  if (typeof code === 'string')
    return `Error: rank ${rank} was ended by ${code}; go on from the last checkpoint with --resume\n`;
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
