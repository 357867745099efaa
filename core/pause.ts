/** Lets timers, signals and loading in: the engine computes on this thread and would keep them out. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
