import { randomUUID } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import path from 'node:path';
import { flushFolder } from '../support/atomic-file.ts';
import type { JournalEntry } from './journal.ts';

/**
 * Moves an input to the archive, or finishes a move that was interrupted; afterwards it stands there once. A file that took the
 * input's place in the meantime is another input and stays. The caller flushes both folders.
 * @returns whether the archive holds the input
 */
export function archiveInput({ input, identity, archived }: JournalEntry): boolean {
  if (archived === null) return false;
  const stats = lstatSync(input, { throwIfNoEntry: false });
  const isThere = stats !== undefined && stats.size === identity.size && stats.mtimeMs === identity.mtime_ms;
  if (existsSync(archived)) {
    // Copied whole, because it has its name; the original was not removed yet.
    if (isThere) rmSync(input);
    return true;
  }
  if (!isThere) return false;
  mkdirSync(path.dirname(archived), { recursive: true });
  try {
    renameSync(input, archived);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    copyAcross(input, archived);
    rmSync(input);
  }
  return true;
}

/** To another file system: whole under its name, or not there. */
function copyAcross(input: string, archived: string): void {
  const beside = path.join(path.dirname(archived), `.${randomUUID()}.partial`);
  try {
    copyFileSync(input, beside);
    const { atime, mtime } = lstatSync(input);
    utimesSync(beside, atime, mtime);
    const descriptor = openSync(beside, 'r+');
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(beside, archived);
    flushFolder(path.dirname(archived));
  } finally {
    rmSync(beside, { force: true });
  }
}
