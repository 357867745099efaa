import { constants, copyFileSync, linkSync, renameSync, rmSync } from 'node:fs';

/**
 * Gives a file a second name, in place of what had that name, and at no moment is it without either. Nothing is copied
 * unless the file system knows no hard links.
 */
export function giveSecondName(file: string, name: string): void {
  const beside = `${name}.${process.pid}.tmp`;
  rmSync(beside, { force: true });
  try {
    linkSync(file, beside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    copyFileSync(file, beside, constants.COPYFILE_FICLONE);
  }
  renameSync(beside, name);
  // Where both are names of the file already, a rename leaves the one beside.
  rmSync(beside, { force: true });
}
