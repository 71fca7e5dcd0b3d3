import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { openStateDatabase } from '../support/leases.ts';
import { makeStateFolder } from '../support/state-folder.ts';
import { type DueRecord, MISDATED_MS } from './due.ts';
import { type Schedule, stateFile, type Timing } from './schedule.ts';

/**
 * `overlapped`: the one before was still at work. `missed`: it came too late and does not catch up. `interrupted`: its process
 * ended without a word.
 */
export type FiringStatus = 'running' | 'done' | 'failed' | 'cancelled' | 'overlapped' | 'missed' | 'interrupted';

/** One line of the history. Instants are ms since 1970. */
export interface Firing {
  firing: number;
  schedule: string;
  operation: string;
  due: number;
  started: number;
  /** Null while it runs, and for good when it was interrupted. */
  ended: number | null;
  exit_code: number | null;
  duration_ms: number | null;
  /** Path of its log. */
  log: string | null;
  status: FiringStatus;
}

export interface FiringEnd {
  status: Exclude<FiringStatus, 'running' | 'interrupted'>;
  ended: Date;
  /** Null when nothing was started. */
  exitCode: number | null;
  log: string | null;
}

/** As many firings of each schedule are kept. */
const KEPT = 1000;

const TABLES = `
  CREATE TABLE IF NOT EXISTS schedule_firings (
    firing INTEGER NOT NULL PRIMARY KEY, schedule TEXT NOT NULL, operation TEXT NOT NULL, due INTEGER NOT NULL,
    started INTEGER NOT NULL, ended INTEGER, exit_code INTEGER, duration_ms INTEGER, log TEXT, status TEXT NOT NULL,
    misdated INTEGER NOT NULL DEFAULT 0);
  CREATE UNIQUE INDEX IF NOT EXISTS schedule_firings_due ON schedule_firings (schedule, due) WHERE misdated = 0;
  CREATE TABLE IF NOT EXISTS schedule_origins (
    schedule TEXT NOT NULL PRIMARY KEY, cron TEXT NOT NULL, timezone TEXT NOT NULL, since INTEGER NOT NULL);`;

/** What was started when, and how it ended: the schedules' part of state.db. */
export class FiringHistory {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws EngineError `permission` */
  static open(baseDir: string): FiringHistory {
    const file = stateFile(baseDir);
    makeStateFolder(baseDir);
    const database = openStateDatabase(file);
    database.exec(TABLES);
    return new FiringHistory(database);
  }

  /** To look only: null when nothing was recorded yet. */
  static openToRead(baseDir: string): FiringHistory | null {
    const file = stateFile(baseDir);
    if (!existsSync(file)) return null;
    const database = new DatabaseSync(file, { readOnly: true });
    database.exec('PRAGMA busy_timeout = 10000');
    const tables = "SELECT count(*) AS n FROM sqlite_schema WHERE name IN ('schedule_firings', 'schedule_origins')";
    if (database.prepare(tables).get()?.n === 2) return new FiringHistory(database);
    database.close();
    return null;
  }

  close(): void {
    this.#database.close();
  }

  /**
   * From when on a schedule counts, ms since 1970: since it was first seen with this expression and zone. Config.yaml was
   * written before anybody saw it, so its time counts when that is earlier.
   */
  originOf({ id, cron, timezone }: Schedule, written: Date, now: Date): number {
    const known = this.knownOrigin(id, { cron, timezone });
    if (known !== null && known <= now.getTime()) return known;
    const since = Math.min(written.getTime(), now.getTime());
    const sql = 'INSERT OR REPLACE INTO schedule_origins (schedule, cron, timezone, since) VALUES (?, ?, ?, ?)';
    this.#database.prepare(sql).run(id, cron, timezone, since);
    return since;
  }

  /** Null when the schedule was never seen, or never with this expression and zone. */
  knownOrigin(id: string, { cron, timezone }: Timing): number | null {
    const sql = 'SELECT since FROM schedule_origins WHERE schedule = ? AND cron = ? AND timezone = ?';
    return (this.#database.prepare(sql).get(id, cron, timezone)?.since as number | undefined) ?? null;
  }

  /** The expression and zone with which a schedule was last seen; null when it never was. */
  lastTiming(id: string): Timing | null {
    const row = this.#database.prepare('SELECT cron, timezone FROM schedule_origins WHERE schedule = ?').get(id);
    return row === undefined ? null : { cron: String(row.cron), timezone: String(row.timezone) };
  }

  /** Whether firings are recorded so far ahead that the clock must have been wrong. */
  hasMisdated(id: string, now: Date): boolean {
    const sql = 'SELECT 1 FROM schedule_firings WHERE schedule = ? AND started > ? AND misdated = 0';
    return this.#database.prepare(sql).get(id, now.getTime() + MISDATED_MS) !== undefined;
  }

  /** Such firings stay in the history, but no due instant counts as settled by them any more. */
  setAsideMisdated(id: string, now: Date): void {
    const sql = 'UPDATE schedule_firings SET misdated = 1 WHERE schedule = ? AND started > ?';
    this.#database.prepare(sql).run(id, now.getTime() + MISDATED_MS);
  }

  /** What `judge` needs to know. */
  dueRecord(id: string, since: number, now: Date): DueRecord {
    const settled = 'SELECT 1 FROM schedule_firings WHERE schedule = ? AND due = ? AND misdated = 0';
    const last = `SELECT max(started) AS started FROM schedule_firings WHERE schedule = ? AND started <= ? AND misdated = 0`;
    return {
      since,
      isSettled: (due) => this.#database.prepare(settled).get(id, due) !== undefined,
      lastStarted: (this.#database.prepare(last).get(id, now.getTime())?.started as number | null) ?? null,
    };
  }

  /**
   * Writes down that a due instant is taken care of.
   * @returns the firing, or null when another process was faster
   */
  begin({ id, operation }: Schedule, due: Date, now: Date): number | null {
    const sql = `INSERT INTO schedule_firings (schedule, operation, due, started, status) VALUES (?, ?, ?, ?, 'running')
      ON CONFLICT DO NOTHING`;
    const { changes, lastInsertRowid } = this.#database.prepare(sql).run(id, operation, due.getTime(), now.getTime());
    return changes === 0 ? null : Number(lastInsertRowid);
  }

  /** Where the log of a firing lies, as soon as there is one: it may be killed. */
  setLog(firing: number, log: string): void {
    this.#database.prepare('UPDATE schedule_firings SET log = ? WHERE firing = ?').run(log, firing);
  }

  end(firing: number, { status, ended, exitCode, log }: FiringEnd): void {
    const sql = `UPDATE schedule_firings SET status = ?, ended = ?, duration_ms = max(0, ? - started), exit_code = ?,
      log = coalesce(?, log) WHERE firing = ?`;
    const at = ended.getTime();
    this.#database.prepare(sql).run(status, at, at, exitCode, log, firing);
    this.#prune(firing);
  }

  /** For the holder of the schedule's lock: whoever else is recorded as running is gone. */
  markInterrupted(id: string, but: number): Firing[] {
    const sql = `UPDATE schedule_firings SET status = 'interrupted' WHERE schedule = ? AND status = 'running' AND firing <> ?
      RETURNING *`;
    return this.#database.prepare(sql).all(id, but) as unknown as Firing[];
  }

  /** The newest first. */
  firings(id: string, limit: number): Firing[] {
    const sql = 'SELECT * FROM schedule_firings WHERE schedule = ? ORDER BY firing DESC LIMIT ?';
    return this.#database.prepare(sql).all(id, limit) as unknown as Firing[];
  }

  #prune(newest: number): void {
    const sql = `DELETE FROM schedule_firings WHERE firing IN (SELECT firing FROM schedule_firings
      WHERE schedule = (SELECT schedule FROM schedule_firings WHERE firing = ?) ORDER BY firing DESC LIMIT -1 OFFSET ?)`;
    this.#database.prepare(sql).run(newest, KEPT);
  }
}
