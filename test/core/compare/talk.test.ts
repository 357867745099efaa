import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Talk } from '../../../core/compare/talk.js';
import { MtlError, type World } from '../../../core/index.js';
import { interruption } from '../../../core/interruption.js';
import { failureOf } from '../fakes.js';
import { fakeWorlds } from './fake-worlds.js';

/** ms */
const timeout = 400;

function talks(
  size = 2,
  signals: readonly (AbortSignal | undefined)[] = [],
): readonly [leader: Talk, ...followers: Talk[]] {
  const worlds = fakeWorlds(size, 4);
  return worlds.map((world, rank) => new Talk(world, { timeout, signal: signals[rank] })) as [
    Talk,
    ...Talk[],
  ];
}

describe('the talk of a group', () => {
  it('brings what the leader says to its followers', async () => {
    const [leader, ...followers] = talks(3);
    const heard = followers.map(async (follower) => [await follower.hear(), await follower.hear()]);
    await leader.say(7);
    await leader.say('end');
    expect(await Promise.all(heard)).to.deep.equal([
      [7, 'end'],
      [7, 'end'],
    ]);
  });

  it('lets no follower wait for longer than its time-out while the leader has nothing to say', async () => {
    const rounds: number[] = [];
    const [first, second] = fakeWorlds(2) as [World, World];
    const counted: World = {
      ...second,
      async gather(...args) {
        const began = performance.now();
        const texts = await second.gather(...args);
        rounds.push(performance.now() - began);
        return texts;
      },
    };
    const leader = new Talk(first, { timeout, signal: undefined });
    const follower = new Talk(counted, { timeout, signal: undefined });
    const heard = follower.hear();
    leader.hold();
    await sleep(3 * timeout);
    await leader.say(1);
    expect(await heard).to.equal(1);
    expect(rounds.length).to.be.above(3);
    expect(Math.max(...rounds)).to.be.below(timeout);
  });

  it('stops all where any of them was asked to', async () => {
    for (const asked of [0, 1, 2]) {
      const stop = new AbortController();
      const signals = [0, 1, 2].map((rank) => (rank === asked ? stop.signal : undefined));
      const [leader, ...followers] = talks(3, signals);
      stop.abort();
      const heard = followers.map((follower) => failureOf(() => follower.hear()));
      const told = await failureOf(async () => {
        await leader.check();
        await leader.say(7);
      });
      for (const { code } of [told, ...(await Promise.all(heard))]) expect(code).to.equal('INTERRUPTED');
    }
  });

  it('ends the leader’s waiting, too, where a follower was asked to stop', async () => {
    const stop = new AbortController();
    stop.abort();
    const [leader, follower] = talks(2, [undefined, stop.signal]);
    const heard = failureOf(() => follower!.hear());
    leader.hold();
    const { code } = await failureOf(async () => {
      for (;;) {
        await leader.check();
        await sleep(5);
      }
    });
    expect([code, (await heard).code]).to.deep.equal(['INTERRUPTED', 'INTERRUPTED']);
  });

  const bad = new MtlError('LOSS_NOT_FINITE', 'it is NaN');
  const agreed = async (...failures: readonly (Error | undefined)[]): Promise<readonly unknown[]> => {
    const all = talks(failures.length);
    const ends = await Promise.allSettled(all.map((talk, rank) => talk.agree(failures[rank])));
    return ends.map((end) => (end.status === 'fulfilled' ? undefined : (end.reason as unknown)));
  };

  it('takes a training for failed where it is on any rank', async () => {
    expect(await agreed(undefined, undefined)).to.deep.equal([undefined, undefined]);
    expect(await agreed(bad, bad)).to.deep.equal([bad, bad]);
    const [first, second] = (await agreed(undefined, bad)) as MtlError[];
    expect(first).to.include({ code: 'LOSS_NOT_FINITE', message: 'rank 5: it is NaN' });
    expect(second).to.equal(bad);
    const [plain] = (await agreed(undefined, new Error('odd'))) as Error[];
    expect(plain).to.be.instanceOf(Error).and.not.instanceOf(MtlError);
    expect(plain!.message).to.equal('rank 5: odd');
  });

  it('ends a group whose others are still at work where one has failed', async () => {
    const [, follower] = talks(2);
    const lost = await failureOf(() => follower!.agree(bad));
    expect(lost).to.include({ code: 'RANK_LOST', message: 'rank 5: it is NaN' });
    const [, stopped] = talks(2);
    expect((await failureOf(() => stopped!.agree(interruption()))).code).to.equal('INTERRUPTED');
  });

  it('says nothing in a group of one', async () => {
    const [only] = talks(1);
    only.hold();
    await only.check();
    await only.say(3);
    await only.agree(undefined);
    expect(await failureOf(() => only.agree(bad))).to.equal(bad);
  });
});
