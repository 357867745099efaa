/** A stop that Ctrl-C and SIGTERM ask for. */
export interface Stop {
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  readonly release: () => void;
}

/**
 * The first signal asks for a stop at the end of the step; a second one stops at once.
 * @param end leaves the terminal as it was
 */
export function stopOnSignal(end: () => void): Stop {
  const stop = new AbortController();
  const onSignal = (): void => {
    end();
    if (stop.signal.aborted) process.exit(130);
    process.stderr.write('Finishing the step and saving … (again to stop at once)\n');
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: stop.signal,
    release: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
