import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../contracts/index.js';
import { isInterruption } from '../interruption.js';
import { isLost } from '../run/ranks.js';
import { train } from '../run/train.js';
import { amongRanks } from '../world/current.js';
import type { CellOutcome } from './folder.js';
import type { Talk } from './talk.js';
import type { Outcome, Turns } from './turns.js';
import { isDone, type Work } from './work.js';

/** Between two looks at what came of others' cells, ms. */
export const lookAgain = 500;

/**
 * A group of ranks, one of several: it takes the next cell that none has taken, and its ranks train it together. All but
 * `follow` is for its first rank, which leads it.
 */
export class Group implements Turns {
  readonly writes: boolean;
  /** Cells of which nothing new can come. */
  private readonly settled: Set<number>;

  /** @param work whose outcomes are those before */
  constructor(
    private readonly world: World,
    private readonly talk: Talk,
    private readonly work: Work,
  ) {
    this.writes = world.groups.leader === 0 && world.rank === 0;
    const { outcomes, loaded } = work;
    this.settled = new Set([...outcomes.keys()].filter((index) => isDone(outcomes[index], loaded)));
  }

  async take(index: number): Promise<boolean> {
    await this.talk.check();
    const { groups } = this.world;
    const leader = String(groups.leader);
    return (await groups.claim(takerOf(index), leader)) === leader;
  }

  async wait(indices: readonly number[]): Promise<readonly Outcome[]> {
    const found: Outcome[] = [];
    for (const index of indices) {
      const outcome = await this.outcome(index);
      if (outcome) found.push([index, outcome]);
    }
    return found;
  }

  async train<T>(index: number, run: () => Promise<T>): Promise<T> {
    await this.talk.say(index);
    try {
      return await this.together(index, run);
    } finally {
      this.talk.hold();
    }
  }

  async tell([index, outcome]: Outcome): Promise<void> {
    this.settled.add(index);
    await this.world.groups.claim(outcomeOf(index), JSON.stringify(outcome));
  }

  async news(): Promise<readonly Outcome[]> {
    const found: Outcome[] = [];
    if (!this.writes) return found;
    for (const index of this.work.cells.keys()) {
      const text = this.settled.has(index) ? undefined : await this.world.groups.told(outcomeOf(index));
      if (text === undefined) continue;
      this.settled.add(index);
      found.push([index, JSON.parse(text) as CellOutcome]);
    }
    return found;
  }

  /**
   * What the other ranks of the group do: they train what the leader says, until there is nothing more.
   * @throws MtlError `INTERRUPTED`, `RANK_LOST`
   */
  async follow(signal: AbortSignal | undefined): Promise<void> {
    const { cells, folder } = this.work;
    for (let word = await this.talk.hear(); word !== 'end'; word = await this.talk.hear()) {
      const cell = cells[word]!;
      const options = { folder: folder.run(cell), ...(signal ? { signal } : {}) };
      try {
        await this.together(word, () => train(cell.loaded, options));
      } catch (error) {
        // What else goes wrong the leader writes down.
        if (isInterruption(error) || isLost(error)) throw error;
      }
    }
  }

  /** Trains as one of the group's ranks, or alone where it has no other; fails where it does on any of them. */
  private async together<T>(index: number, run: () => Promise<T>): Promise<T> {
    const { world } = this;
    const { distributed } = this.work.cells[index]!.loaded.config;
    const [ended] = await Promise.allSettled([
      world.size > 1 ? amongRanks({ ...distributed, world }, run) : run(),
    ]);
    if (ended.status === 'fulfilled') {
      await this.talk.agree(undefined);
      return ended.value;
    }
    await this.talk.agree(ended.reason as Error);
    throw ended.reason;
  }

  /** Waits until something has come of a cell, or whoever took it is gone; undefined where nobody did. */
  private async outcome(index: number): Promise<CellOutcome | undefined> {
    const { groups } = this.world;
    for (;;) {
      const taker = await groups.told(takerOf(index));
      const isUnderWay = taker !== undefined && (await groups.lives(Number(taker)));
      const text = await groups.told(outcomeOf(index));
      if (text !== undefined) return JSON.parse(text) as CellOutcome;
      if (!isUnderWay) return undefined;
      await this.talk.check();
      await sleep(lookAgain);
    }
  }
}

function takerOf(index: number): string {
  return `cell/${index}/taker`;
}

function outcomeOf(index: number): string {
  return `cell/${index}/outcome`;
}
