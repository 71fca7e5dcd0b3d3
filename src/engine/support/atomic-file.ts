import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { sync as writeFileAtomic } from 'write-file-atomic';

/**
 * Writes a file whole or not at all: beside it first, flushed to disk, then renamed over it, then the folder is flushed, so
 * that it survives a power cut once this returns. Makes the folder when missing.
 */
export function writeFileWhole(file: string, content: string | Uint8Array): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true });
  writeFileAtomic(file, content);
  flushFolder(folder);
}

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
