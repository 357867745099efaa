/** What a write to a terminal or pipe fails with whose other end is gone. */
const gone: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'ENXIO', 'EBADF']);

type Stream = NodeJS.WriteStream;
type Write = Stream['write'];

/**
 * Lets work go on whose terminal goes away, as under nohup: it no longer ends the process, and what would be printed
 * there is dropped. Output that goes to a file stays.
 * @returns ends it
 */
export function surviveHangup(): () => void {
  const streams = [process.stdout, process.stderr].map(guard);
  const onHangup = (): void => {
    for (const { stream, mute } of streams) if (stream.isTTY) mute();
  };
  process.on('SIGHUP', onHangup);
  return () => {
    process.off('SIGHUP', onHangup);
    for (const { release } of streams) release();
  };
}

function guard(stream: Stream): { stream: Stream; mute: () => void; release: () => void } {
  let muted = false;
  const mute = (): void => {
    if (muted) return;
    muted = true;
    stream.write = dropped;
  };
  const onError = (error: NodeJS.ErrnoException): void => {
    if (!gone.has(error.code)) throw error;
    mute();
  };
  // The command line's own listener ends the process at all errors but EPIPE.
  const others = stream.rawListeners('error') as ((error: Error) => void)[];
  stream.removeAllListeners('error').on('error', onError);
  return {
    stream,
    mute,
    release() {
      // A stream whose other end is gone stays silent: what is printed last must not fail either.
      if (muted) return;
      stream.off('error', onError);
      for (const listener of others) stream.on('error', listener);
    },
  };
}

/** Calls back as a write does that succeeds. */
const dropped: Write = (...args: unknown[]): boolean => {
  const done = args.at(-1);
  if (typeof done === 'function') setImmediate(done as () => void);
  return true;
};
