import { chmodSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

const OTHERS = 0o077;

/** Where a project keeps locks, journal, unsent mail and cache: `.gnu-mlops` beside config.yaml. */
export function stateFolderOf(baseDir: string): string {
  return path.join(baseDir, '.gnu-mlops');
}

/** Makes the folder, for its owner alone: unsent mail and cached models are nobody else's business. */
export function makeStateFolder(baseDir: string): string {
  const folder = stateFolderOf(baseDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(folder);
  if ((mode & OTHERS) !== 0 && uid === process.getuid?.()) chmodSync(folder, mode & ~OTHERS);
  return folder;
}
