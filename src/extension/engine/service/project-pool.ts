import { statSync } from 'node:fs';
import { type Environment, inspectConfig } from '../../../engine/config/load.ts';
import { asOtherCredentials, originOf } from '../../../engine/config/other-server.ts';
import { type OpenProjectOptions, openProject, type Project } from '../../../engine/project.ts';
import { credentialsFor, type KeptCredentials } from '../../../engine/setup/credential-hosts.ts';
import { signedInEnvironment } from '../../../engine/setup/credential-order.ts';
import { EngineError } from '../../../engine/support/errors.ts';
import type { LogEntry } from '../../../engine/support/operation-log.ts';
import { withCachedReads } from '../../../engine/tracking/cached-reads.ts';
import type { StoreDescription } from '../../../engine/tracking/store.ts';
import type { ProjectRef } from '../../../protocol/engine-api.ts';

interface Opened {
  project: Project;
  /** Of the configuration file when the project was opened. */
  stamp: string;
  storeFile: FileIdentity | null;
  users: number;
  /** Replaced by another one: closes when its last user leaves. */
  retired: boolean;
  idle: NodeJS.Timeout | undefined;
}

/** A file that was removed and made again is another one, though its name is the same. */
type FileIdentity = { file: string; inode: number };

const IDLE_MS = 60_000;

/** Back ends that are asked over a network. */
const REMOTE: StoreDescription['kind'][] = ['mlflow-server', 'databricks'];

/**
 * Projects by configuration file. One for reading stays open while it is used, so that views answer at once; writing
 * operations open their own, as the command line does.
 */
export class ProjectPool {
  /** What somebody signed in with, by configuration file. */
  readonly #credentials = new Map<string, KeptCredentials>();
  readonly #opened = new Map<string, Opened>();
  /** Those that are being opened: views ask at the same time, and a server should be asked once. */
  readonly #opening = new Map<string, Promise<Opened | null>>();
  readonly #onLog: (entry: LogEntry) => void;

  constructor(onLog: (entry: LogEntry) => void) {
    this.#onLog = onLog;
  }

  /** Signs in to what a configuration names, or out with null; projects that are open are opened anew. */
  async useCredentials(configFile: string, kept: KeptCredentials | null): Promise<void> {
    if (kept === null) this.#credentials.delete(configFile);
    else this.#credentials.set(configFile, kept);
    const stale = [true, false].map((trusted) => ({ configFile, trusted }));
    for (const ref of stale) {
      await this.#opening.get(key(ref))?.catch(() => undefined);
      const opened = this.#opened.get(key(ref));
      if (opened) await this.#retire(ref, opened);
    }
  }

  /**
   * The environment of a configuration: what the editor was started with beats what somebody signed in with, as sign-in checks it. A host
   * that nobody signed in to gets nothing of that: config.yaml may have come with a colleague's change.
   */
  envOf(configFile: string): Environment {
    const kept = this.#credentials.get(configFile);
    return signedInEnvironment(kept ? keptFor(kept, configFile) : {}, process.env);
  }

  /** As {@link envOf}, for work with a second store. @param uri its address */
  envOfBoth(configFile: string, uri: string): Environment {
    const kept = this.#credentials.get(configFile);
    if (kept === undefined) return this.envOf(configFile);
    return { ...asOtherCredentials(kept[originOf(uri) ?? ''] ?? {}), ...this.envOf(configFile) };
  }

  /** Reads from a project; `missing` where there is no store yet, because a look must not make one. */
  async read<T>(ref: ProjectRef, missing: () => T, use: (project: Project) => Promise<T>, isRetry = false): Promise<T> {
    const opened = await this.#enter(ref);
    if (opened === null) return missing();
    try {
      return await use(opened.project);
    } catch (error) {
      if (isRetry || !ref.trusted || !EngineError.is(error, 'store-read-only')) throw error;
      await this.#retire(ref, opened);
    } finally {
      opened.users -= 1;
      await this.#left(ref, opened);
    }
    // A journal was left since the project was opened; see openForReading.
    return this.read(ref, missing, use, true);
  }

  /**
   * Works on a project that is opened for this alone; its engine functions refuse to write when it is not trusted.
   * @param options `createStore` makes a store that is missing: only what trains needs one; `signal` ends requests to servers
   */
  async write<T>(
    ref: ProjectRef,
    use: (project: Project) => Promise<T>,
    options: Pick<OpenProjectOptions, 'createStore' | 'signal'> = {},
  ): Promise<T> {
    const project = await openProject({
      configFile: ref.configFile,
      env: this.envOf(ref.configFile),
      readOnly: !ref.trusted,
      isOffline: !ref.trusted,
      createStore: false,
      ...options,
      onLog: this.#onLog,
    });
    try {
      return await use(project);
    } finally {
      await project.close();
      await this.forgetAnswers(ref);
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#opening.values());
    const opened = [...this.#opened.values()];
    this.#opened.clear();
    for (const { idle, project } of opened) {
      clearTimeout(idle);
      await project.close();
    }
  }

  /** Counts the caller as a user at once, so that nobody closes the project under its hands. */
  async #enter(ref: ProjectRef): Promise<Opened | null> {
    const known = this.#opened.get(key(ref));
    if (known && known.stamp === fileStamp(ref.configFile) && isSame(known.storeFile)) return enter(known);
    if (known) await this.#retire(ref, known);
    const opened = await (this.#opening.get(key(ref)) ?? this.#open(ref));
    if (opened === null || (!opened.retired && opened.stamp === fileStamp(ref.configFile)))
      return opened && enter(opened);
    // Changed while it was opened for somebody who came before.
    return this.#enter(ref);
  }

  #open(ref: ProjectRef): Promise<Opened | null> {
    const opening = this.#openAnew(ref).finally(() => this.#opening.delete(key(ref)));
    this.#opening.set(key(ref), opening);
    return opening;
  }

  async #openAnew(ref: ProjectRef): Promise<Opened | null> {
    // Before the file is read: one that is being written meanwhile is then read again next time.
    const stamp = fileStamp(ref.configFile);
    const project = await openForReading(ref, { env: this.envOf(ref.configFile), onLog: this.#onLog });
    if (project === null) return null;
    const { kind, location } = await project.store.describe();
    const storeFile = kind === 'sqlite' ? identity(location) : null;
    const opened: Opened = {
      project: REMOTE.includes(kind) ? { ...project, store: withCachedReads(project.store) } : project,
      stamp,
      storeFile,
      users: 0,
      retired: false,
      idle: undefined,
    };
    this.#opened.set(key(ref), opened);
    return opened;
  }

  /** What was written shows at once, and not when a server is asked for changes the next time. */
  async forgetAnswers(ref: ProjectRef): Promise<void> {
    const opened = this.#opened.get(key(ref));
    if (opened && REMOTE.includes((await opened.project.store.describe()).kind)) await this.#retire(ref, opened);
  }

  async #retire(ref: ProjectRef, opened: Opened): Promise<void> {
    if (this.#opened.get(key(ref)) === opened) this.#opened.delete(key(ref));
    opened.retired = true;
    await this.#left(ref, opened);
  }

  async #left(ref: ProjectRef, opened: Opened): Promise<void> {
    if (opened.users > 0) return;
    clearTimeout(opened.idle);
    if (opened.retired) return opened.project.close();
    opened.idle = setTimeout(() => void this.#retire(ref, opened), IDLE_MS).unref();
  }
}

function keptFor(kept: KeptCredentials, configFile: string): Record<string, string> {
  try {
    return credentialsFor(kept, inspectConfig({ file: configFile, env: process.env }));
  } catch {
    // Whatever needs the file will say what is wrong with it.
    return {};
  }
}

function enter(opened: Opened): Opened {
  opened.users += 1;
  clearTimeout(opened.idle);
  return opened;
}

function key({ configFile, trusted }: ProjectRef): string {
  return `${trusted}:${configFile}`;
}

/** Null when the store does not exist yet. */
async function openForReading(
  { configFile, trusted }: ProjectRef,
  options: Pick<OpenProjectOptions, 'env' | 'onLog'>,
): Promise<Project | null> {
  try {
    return await openProject({ ...options, configFile, readOnly: true, isOffline: !trusted });
  } catch (error) {
    if (EngineError.is(error, 'not-found')) return null;
    // A program that was killed while it wrote leaves a journal, which only somebody with the right to write can settle.
    if (trusted && EngineError.is(error, 'store-read-only')) return openProject({ ...options, configFile });
    throw error;
  }
}

function fileStamp(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.mtimeMs}:${stats.size}` : 'missing';
}

/** By name only: opening the file would be a hazard to SQLite's locks. */
function identity(file: string): FileIdentity | null {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? { file, inode: stats.ino } : null;
}

function isSame(known: FileIdentity | null): boolean {
  return known === null || statSync(known.file, { throwIfNoEntry: false })?.ino === known.inode;
}
