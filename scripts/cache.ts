// Things that are too big for node_modules (editor servers, Python environments, the browser) live in .test-cache/.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const projectRoot = path.resolve(import.meta.dirname, '..');
/** Clones on one machine may share it: docs/testing.md. */
export const cacheRoot = process.env.GNU_MLOPS_TEST_CACHE ?? path.join(projectRoot, '.test-cache');

const staleLockMs = 20 * 60_000;

/** Where the thing `name` made from `key` lies; undefined until it has been made to its end. */
export function cachedPath(name: string, key: string): string | undefined {
  const marker = path.join(versionFolder(name, key), markerName);
  return existsSync(marker) ? path.join(versionFolder(name, key), readFileSync(marker, 'utf8')) : undefined;
}

/**
 * The folder that `make` fills, made once per `key`; those of other keys are removed, and two runners at the same time do
 * not make the same one. A marker, written last, names the whole folder: a killed installation leaves none, and whatever
 * processes it leaves behind write elsewhere than the next one.
 */
export async function cachedFolder(
  name: string,
  key: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const version = versionFolder(name, key);
  await mkdir(cacheRoot, { recursive: true });
  return (
    cachedPath(name, key) ?? withLock(`${version}.lock`, async () => cachedPath(name, key) ?? fill(name, version, make))
  );
}

const markerName = 'complete';

async function fill(name: string, version: string, make: (folder: string) => Promise<void>): Promise<string> {
  await removeVersions(name);
  await mkdir(version, { recursive: true });
  const folder = await mkdtemp(path.join(version, 'made-'));
  await make(folder);
  await writeFile(path.join(version, markerName), path.basename(folder));
  return folder;
}

function versionFolder(name: string, key: string): string {
  return path.join(cacheRoot, `${name}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`);
}

/** Forgiving, because an installation that lost its runner may still be writing there. */
async function removeVersions(name: string): Promise<void> {
  const versions = (await readdir(cacheRoot)).filter((entry) => new RegExp(`^${name}-[0-9a-f]{8}$`).test(entry));
  const removals = versions.map((entry) => rm(path.join(cacheRoot, entry), { recursive: true, force: true }));
  await Promise.allSettled(removals);
}

async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  while (!(await tryLock(lock))) {
    if (await isAbandoned(lock)) await rm(lock, { force: true });
    else await delay(200);
  }
  try {
    return await work();
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
