// Things that are too big for node_modules (editor servers, Python environments, the browser) live in .test-cache/.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const projectRoot = path.resolve(import.meta.dirname, '..');
export const cacheRoot = path.join(projectRoot, '.test-cache');

const marker = '.complete';
const staleLockMs = 20 * 60_000;

/** Where the thing `name` made from `key` lies, whether it has been made or not. */
export function cachedPath(name: string, key: string): string {
  return path.join(cacheRoot, `${name}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`);
}

/** True when `make` ran to its end: the marker is written last, so a killed installation does not count. */
export function isCached(name: string, key: string): boolean {
  return existsSync(path.join(cachedPath(name, key), marker));
}

/**
 * The folder that `make` fills, made once per `key`. Half-made folders are made again, those of other keys are removed,
 * and two runners at the same time do not make the same one.
 */
export async function cachedFolder(
  name: string,
  key: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = cachedPath(name, key);
  if (isCached(name, key)) return folder;
  await mkdir(cacheRoot, { recursive: true });
  await withLock(`${folder}.lock`, async () => {
    if (isCached(name, key)) return;
    await removeVersions(name);
    await mkdir(folder);
    await make(folder);
    await writeFile(path.join(folder, marker), key);
  });
  return folder;
}

async function removeVersions(name: string): Promise<void> {
  const versions = (await readdir(cacheRoot)).filter((entry) => new RegExp(`^${name}-[0-9a-f]{8}$`).test(entry));
  await Promise.all(versions.map((entry) => rm(path.join(cacheRoot, entry), { recursive: true, force: true })));
}

async function withLock(lock: string, work: () => Promise<void>): Promise<void> {
  while (!(await tryLock(lock))) {
    if (await isAbandoned(lock)) await rm(lock, { force: true });
    else await delay(200);
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The age counts too, because after a restart another process may have the owner's pid. */
async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const [{ mtimeMs }, owner] = await Promise.all([stat(lock), readFile(lock, 'utf8')]);
    return Date.now() - mtimeMs > staleLockMs || (owner !== '' && !isAlive(Number(owner)));
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
