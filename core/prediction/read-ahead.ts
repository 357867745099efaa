/**
 * What some work makes of each item, in the items' order; up to `ahead` are under way while one is used.
 * @throws whatever the work throws, when its turn comes
 */
export async function* readAhead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const waiting: Promise<() => R>[] = [];
  for await (const item of items) {
    waiting.push(settled(work(item)));
    if (waiting.length > ahead) yield (await waiting.shift()!)();
  }
  for (const next of waiting) yield (await next)();
}

/** A failure is told when it is asked for, not while nobody listens. */
function settled<R>(work: Promise<R>): Promise<() => R> {
  return work.then(
    (result) => () => result,
    (error: unknown) => () => {
      throw error;
    },
  );
}
