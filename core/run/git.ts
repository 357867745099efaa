import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The version of the files that a run was started from. */
export interface GitState {
  readonly commit: string;
  /** Whether a tracked file differs from the commit. */
  readonly dirty: boolean;
}

/** What a hanging file system or a huge repository may cost a run's start, ms. */
const timeout = 3000;

/** The commit that a folder is at; undefined where it is in no work tree, or git is not there or does not answer. */
export async function gitState(folder: string): Promise<GitState | undefined> {
  const git = async (...args: string[]): Promise<string> => {
    // No lock that a git at work beside could stumble over, and no program that the repository names.
    const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0' };
    const own = ['-C', folder, '-c', 'core.fsmonitor=false'];
    const { stdout } = await run('git', [...own, ...args], { env, timeout, windowsHide: true });
    return stdout.trim();
  };
  try {
    const commit = await git('rev-parse', '--verify', 'HEAD');
    const changed = await git('status', '--porcelain', '--untracked-files=no', '--ignore-submodules');
    return { commit, dirty: changed !== '' };
  } catch {
    return undefined;
  }
}
