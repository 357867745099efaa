import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../contracts/index.js';
import { interruption } from '../interruption.js';
import { join, reasonToLeave } from '../run/ranks.js';
import type { Launch } from '../world/launch.js';
import { begin } from './begin.js';
import { assertGroups } from './check-groups.js';
import type { CompareOptions } from './compare.js';
import { Group, lookAgain } from './group.js';
import type { LoadedComparison } from './load.js';
import type { ComparisonResult } from './result.js';
import { runCells, takeNews } from './run-cells.js';
import { Talk } from './talk.js';
import { ended, resultOf, writeTables, type Plan, type Work } from './work.js';

interface GroupOptions extends CompareOptions {
  readonly launch: Launch;
}

/**
 * Takes part in a comparison as one of several ranks, whose groups share out the cells.
 * @throws MtlError `WORLD_UNREACHABLE`, `ENGINE_UNUSABLE`, `RANK_LOST`, and what a comparison throws
 */
export async function compareInGroups(plan: Plan, options: GroupOptions): Promise<ComparisonResult> {
  const { launch, group: size = 1, signal, folder } = options;
  assertGroups(plan.loaded, launch, size);
  const [distributed, first] = longestWaits(plan.loaded);
  const world = await join(first, launch, { group: size });
  const { outcomes, release } = await begin(world.groups, plan, launch).catch(async (error: unknown) => {
    await world.leave(reasonToLeave(launch, error));
    throw error;
  });
  try {
    const work: Work = { ...plan, outcomes };
    const talk = new Talk(world, { timeout: 1000 * distributed.timeout, signal });
    const group = new Group(world, talk, work);
    const [end] = await Promise.allSettled([
      world.rank === 0 ? lead(work, options, { group, talk }) : group.follow(signal),
    ]);
    talk.release();
    const failure = end.status === 'rejected' ? reasonToLeave(launch, end.reason) : undefined;
    await leave(world, failure, async () => {
      if (await takeNews(work, options, group)) writeTables(work);
    });
    const all = group.writes ? outcomes : undefined;
    if (end.status === 'rejected') throw ended(end.reason, folder, all);
    // Another group may have been in the midst of the last cells.
    if (signal?.aborted && all?.includes(undefined)) throw ended(interruption(), folder, all);
    return resultOf(work);
  } finally {
    release();
  }
}

async function lead(
  work: Work,
  options: GroupOptions,
  { group, talk }: { readonly group: Group; readonly talk: Talk },
): Promise<void> {
  talk.hold();
  await runCells(work, options, group);
  await talk.say('end');
}

/** Ends this rank's part. Rank 0 waits for the other groups, and takes in what comes of their cells. */
async function leave(world: World, failure: string | undefined, takeIn: () => Promise<void>): Promise<void> {
  const leaving = world.leave(failure).then(() => true);
  while (!(await Promise.race([leaving, sleep(lookAgain, false)]))) await takeIn();
  await takeIn();
}

/** The first cell's config, by which the ranks meet, with the longest of all cells' waits. */
function longestWaits({ cells }: LoadedComparison) {
  const [{ loaded }] = cells as [(typeof cells)[number]];
  const all = cells.map((cell) => cell.loaded.config.distributed);
  const distributed = {
    ...loaded.config.distributed,
    timeout: Math.max(...all.map(({ timeout }) => timeout)),
    startTimeout: Math.max(...all.map(({ startTimeout }) => startTimeout)),
  };
  return [distributed, { ...loaded, config: { ...loaded.config, distributed } }] as const;
}
