import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../contracts/index.js';
import { messageOf, MtlError } from '../errors.js';
import { interruption, isInterruption } from '../interruption.js';
import { isLost } from '../run/ranks.js';
import { errorOf, failureOf, type Failure } from './failure.js';

/** What a group's leader says: which cell is trained, by its place, or that there is nothing more to do. */
export type Word = number | 'end' | 'stop';

/** Rounds of these are apart from those of a training, which may end anywhere. */
const topic = 'cells';

/** What a follower says that was asked to stop. */
const stop = 'stop';

/** Between two signs to followers that nothing is to be done yet, at most, ms. */
const mostPause = 10_000;
/** How long a rank on which a training failed waits for the others, at most, ms. */
const mostGrace = 30_000;

/** What the ranks of a group say to each other between trainings. Of a group of one, nothing. */
export class Talk {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private stopped = false;
  private failure: Error | undefined;

  /** @param settings `timeout`: how long a rank waits for another one, ms */
  constructor(
    private readonly world: World,
    private readonly settings: { readonly timeout: number; readonly signal: AbortSignal | undefined },
  ) {}

  /** The leader's: keeps the followers waiting until it says something, however long that takes. */
  hold(): void {
    if (this.world.size === 1) return;
    const pause = Math.min(mostPause, this.settings.timeout / 4);
    this.timer = setInterval(() => {
      this.round = this.round.then(() => this.wait());
    }, pause);
  }

  private async wait(): Promise<void> {
    if (this.failure !== undefined) return;
    try {
      const texts = await this.world.gather('', topic);
      this.stopped ||= texts.includes(stop);
    } catch (error) {
      this.failure = error as Error;
    }
  }

  /** Ends `hold`, at once. */
  release(): void {
    clearInterval(this.timer);
  }

  /**
   * The leader's: whether it may go on.
   * @throws MtlError `INTERRUPTED` where a rank of the group was asked to stop; `RANK_LOST`
   */
  async check(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (!this.settings.signal?.aborted && !this.stopped) return;
    await this.say('stop');
    throw interruption();
  }

  /**
   * The leader's.
   * @throws MtlError `INTERRUPTED` where a follower was asked to stop, who is not told the word then; `RANK_LOST`
   */
  async say(word: Word): Promise<void> {
    if (this.world.size === 1) return;
    this.release();
    await this.round;
    if (this.failure !== undefined) throw this.failure;
    const texts = await this.world.gather(JSON.stringify(word), topic);
    if (typeof word === 'number' && texts.includes(stop)) throw interruption();
  }

  /**
   * A follower's: waits for what its leader says.
   * @throws MtlError `INTERRUPTED` where a rank of the group was asked to stop; `RANK_LOST`
   */
  async hear(): Promise<Exclude<Word, 'stop'>> {
    for (;;) {
      const [said, ...others] = await this.world.gather(this.settings.signal?.aborted ? stop : '', topic);
      if (said === '') continue;
      const word = JSON.parse(said!) as Word;
      if (word === 'stop' || (typeof word === 'number' && others.includes(stop))) throw interruption();
      return word;
    }
  }

  /**
   * After a training: whether it went well on all ranks.
   * @param failure of this rank; undefined where there was none
   * @throws MtlError the failure, or another rank's; `RANK_LOST` where the others do not come, since they have not failed
   */
  async agree(failure: Error | undefined): Promise<void> {
    const { size, groups } = this.world;
    if (size > 1 && !isLost(failure)) {
      const own: Failure | null = failure === undefined ? null : failureOf(failure);
      const all = this.world.gather(JSON.stringify(own), topic);
      const texts = await (failure === undefined ? all : Promise.race([all, this.giveUp(failure)]));
      const failures = texts.map((text) => JSON.parse(text) as Failure | null);
      const rank = failures.findIndex((other) => other !== null);
      const { code, reason } = failures[rank] ?? {};
      if (code !== undefined && failure === undefined)
        throw errorOf({ code, reason: `rank ${groups.leader + rank}: ${reason}` });
    }
    if (failure !== undefined) throw failure;
  }

  private async giveUp(failure: Error): Promise<never> {
    await sleep(Math.min(mostGrace, this.settings.timeout / 5), undefined, { ref: false });
    if (isInterruption(failure)) throw failure;
    throw new MtlError(
      'RANK_LOST',
      `rank ${this.world.groups.leader + this.world.rank}: ${messageOf(failure)}`,
      { cause: failure },
    );
  }
}
