import { createHash, type Hash } from 'node:crypto';
import { type Dirent, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Folders whose files say nothing of runs and models, and may be many. */
const OTHERS = ['artifacts', '.trash'];

/** For so long others have to wait, ms. */
const TURN_MS = 20;

/**
 * A text that changes when any file or folder of the store but artifacts came, went or was written: times and sizes of all of them,
 * because a tag of a run that ended long ago is a file like any other.
 */
export async function changesOf(root: string): Promise<string> {
  const hash = createHash('sha256');
  const folders = [root];
  let turn = performance.now();
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    folders.push(...lookInto(folder, hash));
    if (performance.now() - turn < TURN_MS) continue;
    await nextTurn();
    turn = performance.now();
  }
  return hash.digest('hex');
}

/** The folders in it that are to be looked into as well. */
function lookInto(folder: string, hash: Hash): string[] {
  const entries = entriesOf(folder);
  for (const entry of entries) {
    const stats = statSync(path.join(folder, entry.name), { throwIfNoEntry: false });
    hash.update(`${folder}/${entry.name} ${stats?.mtimeMs} ${entry.isFile() ? stats?.size : ''}\n`);
  }
  const inner = entries.filter((entry) => entry.isDirectory() && !OTHERS.includes(entry.name));
  return inner.map(({ name }) => path.join(folder, name));
}

/** None where a folder is gone meanwhile. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
