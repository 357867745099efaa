import type { Optimizer, Weighter } from '../contracts/index.js';
import type { Auxiliaries } from '../training/auxiliaries.js';
import { openAuxiliaries } from './auxiliaries.js';
import { makeOptimizer, makeWeighter, type Session } from './session.js';

/** What is trained with a model, and what moves it. */
export interface Moving {
  readonly auxiliaries: Auxiliaries;
  readonly weighter: Weighter;
  readonly optimizer: Optimizer;
}

/**
 * Makes what a session's config names.
 * @param own what the run frees in the end; they are added
 * @param how whose `initialize` is false where the parameters are about to be restored
 * @throws MtlError whatever one has to complain about
 */
export async function makeMoving(
  session: Session,
  own: { dispose(): void }[],
  how: { readonly initialize: boolean },
): Promise<Moving> {
  const auxiliaries = await openAuxiliaries(session, how);
  own.push(auxiliaries);
  const [weighter, optimizer] = [makeWeighter(session), makeOptimizer(session)];
  own.push(weighter, optimizer);
  return { auxiliaries, weighter, optimizer };
}
