import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../scripts/cache.ts';

/** The test files of a ring, as sorted paths below the project's root. */
export async function testFiles(ring: string): Promise<string[]> {
  const folder = path.join(projectRoot, 'test', ring);
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.endsWith('.test.ts'))
    .map((entry) => path.posix.join('test', ring, entry.replaceAll(path.sep, '/')))
    .sort();
}
