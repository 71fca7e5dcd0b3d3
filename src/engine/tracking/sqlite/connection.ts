import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { isBusy, isSchemaGap, lockedFor, storeFailure } from './failures.ts';

/** Anything that can be bound. Text columns get text, never numbers: SQLite would store 5 as '5.0'. */
export type Value = SQLInputValue;

/** How long SQLite itself waits for a lock, synchronously; the rest of the wait leaves the event loop free. */
const SLICE_MS = 50;
const PAUSE_MS = 20;

/**
 * One connection to the database file with its prepared statements. A transaction is one synchronous function, so that
 * nothing else of this process can come between its statements. Nobody may open the file by other means in this process:
 * closing it would drop SQLite's POSIX locks.
 */
export class SqliteConnection {
  readonly file: string;
  readonly #database: DatabaseSync;
  readonly #waitMs: number;
  readonly #statements = new Map<string, StatementSync>();

  /** @param waitMs how long to wait for other programs' locks before `store-locked` */
  constructor(file: string, options: { readOnly: boolean; waitMs: number }) {
    this.file = file;
    this.#waitMs = options.waitMs;
    this.#database = this.#guarded(() => new DatabaseSync(file, { readOnly: options.readOnly }));
    this.#database.exec(
      `PRAGMA busy_timeout = ${SLICE_MS}; PRAGMA foreign_keys = ON; PRAGMA case_sensitive_like = ON; PRAGMA trusted_schema = OFF`,
    );
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  /** Returns the rowid of the last inserted row. */
  run(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).run(...values).lastInsertRowid);
  }

  /** With `:name` parameters. */
  runNamed(sql: string, values: Record<string, Value>): void {
    this.#statement(sql).run(values);
  }

  /** Runs a statement that cannot stand in a transaction (`VACUUM INTO`). */
  execute(sql: string): Promise<void> {
    return this.#waiting(() => this.#database.exec(sql));
  }

  /** Lets SQLite renew the statistics that searches depend on, where it sees a need; not while somebody else writes. */
  optimize(): void {
    try {
      this.#database.exec('PRAGMA optimize');
    } catch (error) {
      if (!isBusy(error)) throw storeFailure(error, this.file);
    }
  }

  /** Reads in one snapshot. */
  read<T>(body: () => T): Promise<T> {
    return this.#waiting(() => this.#transaction('BEGIN', body));
  }

  /** Writes all or nothing; the write lock is taken before the first read. */
  write<T>(body: () => T): Promise<T> {
    return this.#waiting(() => this.#transaction('BEGIN IMMEDIATE', body));
  }

  #transaction<T>(begin: string, body: () => T): T {
    this.#database.exec(begin);
    try {
      const result = body();
      this.#commit();
      return result;
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  /** Readers may delay a commit; it is tried again without giving up the write lock. */
  #commit(): void {
    const deadline = Date.now() + this.#waitMs;
    for (;;) {
      try {
        this.#database.exec('COMMIT');
        return;
      } catch (error) {
        if (!isBusy(error) || Date.now() > deadline) throw error;
      }
    }
  }

  /** SQLite rolls back by itself after some errors, and then there is nothing left to do. */
  #rollback(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {}
  }

  async #waiting<T>(attempt: () => T): Promise<T> {
    const deadline = Date.now() + this.#waitMs;
    for (;;) {
      try {
        return attempt();
      } catch (error) {
        if (!this.#mayPass(error)) throw storeFailure(error, this.file);
        if (Date.now() > deadline) throw lockedFor(this.file, this.#waitMs, error);
      }
      await delay(PAUSE_MS);
    }
  }

  /** Locks pass, and so do the gaps that a migration leaves between its steps. */
  #mayPass(error: unknown): boolean {
    return isBusy(error) || (isSchemaGap(error) && this.#isMigrating());
  }

  /** Alembic, MLflow's migration tool, rebuilds a table under this name. */
  #isMigrating(): boolean {
    const sql = "SELECT 1 FROM sqlite_master WHERE name GLOB '_alembic_tmp_*'";
    try {
      return this.#database.prepare(sql).get() !== undefined;
    } catch (error) {
      return isBusy(error);
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guarded<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw storeFailure(error, this.file);
    }
  }
}
