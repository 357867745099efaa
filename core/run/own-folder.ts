import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFailure } from '../io/write-failure.js';
import type { RunFolder } from './folder.js';
import { lockName, RunLock } from './lock.js';

/** What a folder must tell to be owned: whether something is in it that can go on, and whether it is free otherwise. */
export type OwnableFolder = Pick<RunFolder, 'path' | 'exists' | 'assertFree'>;

/** A run folder that no other process writes to until it is released. */
export interface OwnedFolder {
  /** Whether there is a run to go on with. */
  readonly resuming: boolean;
  readonly release: () => void;
}

/**
 * Makes a run's folder this process's own. One that is still empty when it is released is removed again.
 * @param resume whether a run that is there already is gone on with
 * @throws MtlError `RUN_INVALID` where another process has it, it cannot be written, or is in use otherwise
 */
export async function ownFolder(folder: OwnableFolder, resume: boolean): Promise<OwnedFolder> {
  const isResuming = (): boolean => resume && folder.exists();
  // First of all without a lock, so that a folder of other things is not even touched.
  if (!isResuming() && !existsSync(join(folder.path, lockName))) folder.assertFree();
  const { lock, firstMade } = await lockFolder(folder.path);
  const release = (): void => {
    lock.release();
    if (firstMade !== undefined) removeEmpty(folder.path, firstMade);
  };
  try {
    const resuming = isResuming();
    if (!resuming) folder.assertFree();
    return { resuming, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** @returns the lock, and the uppermost folder that had to be made for it */
async function lockFolder(path: string): Promise<{ lock: RunLock; firstMade: string | undefined }> {
  let firstMade: string | undefined;
  for (let tries = 3; ; tries--) {
    try {
      firstMade = mkdirSync(path, { recursive: true }) ?? firstMade;
      return { lock: await RunLock.take(path), firstMade };
    } catch (error) {
      // Another process, which failed, has just removed the folder that it had made.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && tries > 1) continue;
      throw writeFailure(`the run folder ${path}`, undefined, error);
    }
  }
}

function removeEmpty(path: string, last: string): void {
  try {
    rmdirSync(path);
  } catch {
    return; // something is in it, or another process was first
  }
  if (path !== last) removeEmpty(dirname(path), last);
}
