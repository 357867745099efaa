import { MtlError } from './errors.js';

/** What ends work whose signal was aborted. */
export function interruption(): MtlError {
  return new MtlError('INTERRUPTED', 'Stopped');
}

export function isInterruption(error: unknown): boolean {
  return error instanceof MtlError && error.code === 'INTERRUPTED';
}

/**
 * Waits for something, but not beyond a stop: data may come from a disk or a network that no longer answers. What is
 * waited for then goes on unheard.
 * @throws MtlError `INTERRUPTED` once the signal is aborted
 */
export async function unlessStopped<T>(waited: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return waited;
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(interruption());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([stopped, waited]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
