import type { Groups, World } from '../../../core/index.js';

/** What is told to all ranks, and which of them are at work. */
export interface Shared {
  readonly told: Map<string, string>;
  readonly living: Set<number>;
}

class Round {
  private readonly texts: string[] = [];
  private resolve: ((texts: readonly string[]) => void) | undefined;
  private readonly all = new Promise<readonly string[]>((resolve) => {
    this.resolve = resolve;
  });

  constructor(private readonly size: number) {}

  tell(rank: number, text: string): Promise<readonly string[]> {
    this.texts[rank] = text;
    if (Object.keys(this.texts).length === this.size) this.resolve!(this.texts);
    return this.all;
  }
}

/**
 * The ranks of a group in this process. Texts alone travel between them.
 * @param leader the group's first rank among all
 */
export function fakeWorlds(
  size: number,
  leader = 0,
  { told, living }: Shared = { told: new Map(), living: new Set() },
): readonly World[] {
  const rounds = new Map<string, Round>();
  const never = (): never => {
    throw new Error('nothing but texts travels here');
  };
  const groups: Groups = {
    leader,
    gather: never,
    claim(name, text) {
      if (!told.has(name)) told.set(name, text);
      return Promise.resolve(told.get(name)!);
    },
    told: (name) => Promise.resolve(told.get(name)),
    lives: (rank) => Promise.resolve(living.has(rank)),
  };
  return Array.from({ length: size }, (_, rank) => {
    const counts = new Map<string, number>();
    const gather = (text: string, topic = 'training'): Promise<readonly string[]> => {
      const number = counts.get(topic) ?? 0;
      counts.set(topic, number + 1);
      const key = `${topic}/${number}`;
      if (!rounds.has(key)) rounds.set(key, new Round(size));
      return rounds.get(key)!.tell(rank, text);
    };
    return { rank, size, groups, gather, average: never, broadcast: never, leave: () => Promise.resolve() };
  });
}
