import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EngineError } from './errors.ts';
import { describeProcess, isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** Without a heartbeat for this long a lease may be taken, whoever holds it. */
const STALE_MS = 120_000;
const HEARTBEAT_MS = 20_000;

interface LeaseRow {
  name: string;
  host: string;
  boot_id: string;
  pid: number;
  pid_start: string;
  since: number;
  heartbeat: number;
  token: string;
}

/** Who held a lease that was taken over. */
export interface LeaseHolder extends ProcessIdentity {
  /** ms since 1970 */
  since: number;
}

/** A lock that this process holds until it releases it or dies. Its heartbeat is kept while it is held. */
export interface Lease {
  readonly name: string;
  /** Who held it and is gone; null when it was free. Worth a message. */
  readonly takenFrom: LeaseHolder | null;
  /**
   * Says that the holder lives; done every 20 seconds by itself.
   * @throws EngineError `lock-held` when another process took the lease after a long silence of this one
   */
  renew(now?: Date): void;
  /** Gives the lock back; a lease that was lost stays with its new holder. */
  release(): void;
}

/** The project's locks, in `.gnu-mlops/state.db`. */
export class LeaseStore {
  readonly #database: DatabaseSync;
  readonly #self: ProcessIdentity;
  readonly #held = new Set<Lease>();

  constructor(file: string, self: ProcessIdentity = ownIdentity()) {
    this.#self = self;
    this.#database = openStateDatabase(file);
  }

  /**
   * Takes the lock `name`, also from an owner on this host that is gone, or from any that gave no sign for two minutes.
   * @throws EngineError `lock-held` naming the holder and since when
   */
  acquire(name: string, now: Date = new Date()): Lease {
    const token = randomUUID();
    const takenFrom = this.#transaction(() => this.#take(name, token, now.getTime()));
    const lease = this.#lease(name, token, takenFrom);
    this.#held.add(lease);
    return lease;
  }

  /** Who holds the lock now, null when nobody does; a holder that is gone counts until somebody takes over. */
  holder(name: string): LeaseHolder | null {
    const row = this.#row(name);
    return row ? toHolder(row) : null;
  }

  /** Releases what is still held. */
  close(): void {
    for (const lease of [...this.#held]) lease.release();
    if (this.#database.isOpen) this.#database.close();
  }

  #lease(name: string, token: string, takenFrom: LeaseHolder | null): Lease {
    const renew = (now: Date = new Date()): void => {
      const sql = 'UPDATE leases SET heartbeat = ? WHERE name = ? AND token = ?';
      if (this.#database.prepare(sql).run(now.getTime(), name, token).changes === 0) throw this.#lost(name);
    };
    const beat = setInterval(() => this.#beat(renew, beat), HEARTBEAT_MS);
    beat.unref();
    const lease: Lease = {
      name,
      takenFrom,
      renew,
      release: () => {
        clearInterval(beat);
        if (!this.#held.delete(lease)) return;
        this.#database.prepare('DELETE FROM leases WHERE name = ? AND token = ?').run(name, token);
      },
    };
    return lease;
  }

  /** A heartbeat that fails must not end the process; the holder notices at its next `renew`. */
  #beat(renew: () => void, beat: NodeJS.Timeout): void {
    try {
      renew();
    } catch (error) {
      if (EngineError.is(error, 'lock-held')) clearInterval(beat);
    }
  }

  #take(name: string, token: string, now: number): LeaseHolder | null {
    const row = this.#row(name);
    const holder = row ? toHolder(row) : null;
    if (row && holder && !this.#isFree(row, holder, now)) throw held(name, holder);
    const { host, boot, pid, start } = this.#self;
    const sql = `INSERT OR REPLACE INTO leases (name, host, boot_id, pid, pid_start, since, heartbeat, token)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
    this.#database.prepare(sql).run(name, host, boot, pid, start, now, now, token);
    return holder;
  }

  #isFree(row: LeaseRow, holder: LeaseHolder, now: number): boolean {
    return isAlive(holder, this.#self) === false || now - row.heartbeat > STALE_MS;
  }

  #row(name: string): LeaseRow | undefined {
    const sql = 'SELECT name, host, boot_id, pid, pid_start, since, heartbeat, token FROM leases WHERE name = ?';
    return this.#database.prepare(sql).get(name) as LeaseRow | undefined;
  }

  #lost(name: string): EngineError {
    const holder = this.holder(name);
    return holder ? held(name, holder) : new EngineError('lock-held', `The lock ${name} was taken away and released.`);
  }

  #transaction<T>(body: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = body();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** @throws EngineError `permission` when it may not be written */
export function openStateDatabase(file: string): DatabaseSync {
  try {
    accessSync(path.dirname(file), constants.W_OK);
    if (existsSync(file)) accessSync(file, constants.W_OK);
  } catch {
    throw new EngineError('permission', `${file}, which keeps the project's locks, cannot be written.`, {
      fix: 'Correct the permissions of the project folder, or work as the user it belongs to.',
    });
  }
  const database = new DatabaseSync(file);
  database.exec('PRAGMA busy_timeout = 10000');
  database.exec(`CREATE TABLE IF NOT EXISTS leases (
    name TEXT NOT NULL PRIMARY KEY, host TEXT NOT NULL, boot_id TEXT NOT NULL, pid INTEGER NOT NULL,
    pid_start TEXT NOT NULL, since INTEGER NOT NULL, heartbeat INTEGER NOT NULL, token TEXT NOT NULL)`);
  return database;
}

function toHolder(row: LeaseRow): LeaseHolder {
  return { host: row.host, boot: row.boot_id, pid: row.pid, start: row.pid_start, since: row.since };
}

function held(name: string, holder: LeaseHolder): EngineError {
  const since = new Date(holder.since).toISOString();
  return new EngineError('lock-held', `The lock ${name} is held by ${describeProcess(holder)} since ${since}.`, {
    fix: 'Wait until that process has finished, or stop it; its lock is then free at once.',
    holder: { host: holder.host, pid: holder.pid, since },
  });
}
