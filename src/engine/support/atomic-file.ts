import { closeSync, fsync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { sync as writeFileAtomic } from 'write-file-atomic';

/**
 * Writes a file whole or not at all: beside it first, flushed to disk, then renamed over it, then the folder is flushed, so
 * that it survives a power cut once this returns. Makes the folder when missing.
 * @param options.mode who may do what with the file; that of the file it replaces unless given
 */
export function writeFileWhole(file: string, content: string | Uint8Array, options: { mode?: number } = {}): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true });
  writeFileAtomic(file, content, options);
  flushFolder(folder);
}

/**
 * Writes many small files of one folder, each whole or not at all, all of them flushed once this resolves. Together they wait for
 * the disk about as long as one alone.
 */
export async function writeFilesWhole(folder: string, files: { name: string; content: string }[]): Promise<void> {
  const beside = (name: string) => path.join(folder, `.${name}.partial`);
  const flushed = files.map(async ({ name, content }) => {
    // Only the disk is waited for: handing over each of the small steps would take longer than doing it.
    const descriptor = openSync(beside(name), 'w');
    try {
      writeFileSync(descriptor, content);
      // All files are made before the first one is flushed: a file system lets who makes one wait for that.
      await null;
      await flush(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
  const ends = await Promise.allSettled(flushed);
  for (const [i, { name }] of files.entries()) {
    if (ends[i]!.status === 'fulfilled') renameSync(beside(name), path.join(folder, name));
  }
  flushFolder(folder);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

const flush = promisify(fsync);

/** Makes renames and removals in a folder survive a power cut. Windows flushes folders by itself and cannot be asked. */
export function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A folder that may not be written keeps the file: for what nobody takes for a result. */
export function removeIfPossible(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It stays.
  }
}
