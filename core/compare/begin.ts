import { createHash } from 'node:crypto';
import type { Groups } from '../contracts/index.js';
import { ownVersion } from '../run/environment.js';
import { assertSame, commonConfig } from '../run/ranks.js';
import type { Launch } from '../world/launch.js';
import { errorOf, failureOf, type Failure } from './failure.js';
import type { CellOutcome } from './folder.js';
import type { LoadedComparison } from './load.js';
import { own, type Owned, type Plan } from './work.js';

/** What a rank tells at the start. */
interface Told {
  /** Of all that ranks have to have in common. */
  readonly digest: string;
  /** Rank 0's: what there is already. */
  readonly outcomes?: readonly (CellOutcome | null)[];
  /** Rank 0's: why it cannot begin. */
  readonly failure?: Failure;
}

/**
 * Sees that all ranks compare the same, and makes the folder rank 0's.
 * @returns what came of the cells before; rank 0 gives the folder back by `release`
 * @throws MtlError on every rank: `WORLD_UNREACHABLE` naming one that differs from rank 0, and in what; whatever rank 0 met
 */
export async function begin(groups: Groups, plan: Plan, { rank }: Pick<Launch, 'rank'>): Promise<Owned> {
  const [owned] = await Promise.allSettled(rank === 0 ? [own(plan)] : []);
  const release = owned?.status === 'fulfilled' ? owned.value.release : (): void => undefined;
  try {
    const common = JSON.stringify(commonOf(plan.loaded));
    const digest = createHash('sha256').update(common).digest('hex');
    const told = (await groups.gather(JSON.stringify({ digest, ...toldOf(owned) }))).map(
      (text) => JSON.parse(text) as Told,
    );
    const [first] = told as [Told];
    const other = told.findIndex((each) => each.digest !== first.digest);
    if (other >= 0) {
      const texts = await groups.gather(rank === 0 || rank === other ? common : '');
      assertSame([0, JSON.parse(texts[0]!)], [other, JSON.parse(texts[other]!)]);
    }
    if (owned?.status === 'rejected') throw owned.reason;
    if (first.failure) throw errorOf(first.failure);
    return { outcomes: first.outcomes!.map((outcome) => outcome ?? undefined), release };
  } catch (error) {
    release();
    throw error;
  }
}

function commonOf({ cells, spec }: LoadedComparison): unknown {
  return {
    crosstask: ownVersion(),
    split: spec.split,
    runs: Object.fromEntries(cells.map(({ name, loaded }) => [name, commonConfig(loaded.config)])),
  };
}

function toldOf(owned: PromiseSettledResult<Owned> | undefined): Partial<Told> {
  if (!owned) return {};
  if (owned.status === 'fulfilled') return { outcomes: owned.value.outcomes.map((each) => each ?? null) };
  return { failure: failureOf(owned.reason) };
}
