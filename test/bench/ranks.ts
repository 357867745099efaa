/**
 * Several ranks of one thread each, which share a batch, against one of them with all of it, against as many processes that
 * do not exchange anything, and against PyTorch's DistributedDataParallel over Gloo; in alternating rounds.
 */
import { readFileSync } from 'node:fs';
import Table from 'cli-table3';
import { freePort } from '../../cli/local-ranks.js';
import { localLaunches } from '../local-launches.js';
import { median, spread } from './median.js';
import { exchangeTimes, type ExchangeTimes } from './own-exchanges.js';
import { ownTimes } from './own-steps.js';
import { pytorch, resnet34, type PeerFlag, type PeerTimes, type Setup } from './training.js';

const rounds = 2;
const steps = 4;
const size = 2;
const engine = '{"name":"torch","threads":1}';
/** The published batch, for each rank. */
const part: Setup = { ...resnet34, batch: 8 };
const whole: Setup = { ...part, batch: part.batch * size };

/** The layout in which PyTorch is faster here: with AVX2 alone, oneDNN is slow with channels innermost. */
const flags: readonly PeerFlag[] = readFileSync('/proc/cpuinfo', 'utf8').includes('avx512f')
  ? ['channels-last']
  : [];

type Way = () => Promise<readonly (PeerTimes | undefined)[]>;

const alone = 'crosstask, 1 rank, the whole batch';
const together = `crosstask, ${size} ranks`;
const halved = `crosstask, ${size} ranks, gradients as bf16`;
const apart = `crosstask, ${size} processes that exchange nothing`;
const peerAlone = 'PyTorch, 1 process, the whole batch';
const peers = `PyTorch, ${size} ranks of DistributedDataParallel`;

const ways: Readonly<Record<string, Way>> = {
  [alone]: () => Promise.all([ownTimes({ setup: whole, engine, count: steps, inference: false })]),
  [together]: () => ranks('float32'),
  [halved]: () => ranks('bf16'),
  [apart]: () => each(() => ownTimes({ setup: part, engine, count: steps, inference: false })),
  [peerAlone]: () => Promise.all([pytorch(whole, steps, { flags, threads: 1 })]),
  [peers]: async () => {
    const port = await freePort();
    return each((rank) => pytorch(part, steps, { flags, threads: 1, among: { rank, size, port } }));
  },
};

export async function run(): Promise<void> {
  console.log(`XTasC-Net, ${whole.name}, batch ${whole.batch} in all, Adam, 1 thread a process\n`);
  const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, way] of Object.entries(ways)) times.get(name)!.push(...slowest(await way()));
  const table = new Table({ head: ['', 'ms', 'spread', 'images/s'], style: { head: [], border: [] } });
  for (const [name, values] of times) {
    if (values.length === 0) continue;
    const middle = median(values);
    table.push([name, middle.toFixed(0), spread(values), ((1000 * whole.batch) / middle).toFixed(2)]);
  }
  console.log(table.toString());
  const middle = (name: string): number => median(times.get(name)!);
  console.log(`efficiency ${(middle(alone) / size / middle(together)).toFixed(3)}`);
  console.log(`exposed communication ${(1 - middle(apart) / middle(together)).toFixed(3)} of a step`);
  await tellExchanges();
  if (times.get(peers)!.length === 0) return;
  console.log(`efficiency of PyTorch ${(middle(peerAlone) / size / middle(peers)).toFixed(3)}`);
  console.log(`crosstask is faster by ${(middle(peers) / middle(together)).toFixed(2)}`);
}

/** What exchanges take where nothing else is computed. */
async function tellExchanges(): Promise<void> {
  const launches = await localLaunches(size);
  const [{ number, gradients, bf16 }] = (await Promise.all(launches.map(exchangeTimes))) as [ExchangeTimes];
  console.log(
    `alone, an average of a number takes ${number.toFixed(3)} ms, of all gradients ${gradients.toFixed(0)} ms, as bf16 ${bf16.toFixed(0)} ms`,
  );
}

/** A step of several ranks is over with the last one's. */
function slowest(all: readonly (PeerTimes | undefined)[]): number[] {
  const [first] = all;
  if (!first) return [];
  return first.times.map((_, step) => Math.max(...all.map((one) => one!.times[step]!)));
}

function each<T>(start: (rank: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: size }, (_, rank) => start(rank)));
}

async function ranks(gradients: 'float32' | 'bf16'): Promise<readonly PeerTimes[]> {
  const launches = await localLaunches(size);
  const changes = [`distributed.gradients=${gradients}`];
  return Promise.all(
    launches.map((launch) =>
      ownTimes({ setup: whole, engine, count: steps, inference: false, launch, changes }),
    ),
  );
}
