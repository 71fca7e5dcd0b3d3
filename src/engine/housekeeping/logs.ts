import path from 'node:path';
import { EngineError } from '../support/errors.ts';
import { filesOf, type LogFile, listLogs } from '../support/log-files.ts';
import type { LogEntry, LogLevel } from '../support/operation-log.ts';
import { isAtLeast, readEntries, worstLevel } from './log-entries.ts';

/** What `logs --json` prints. */
export interface LogsResult {
  schema: 1;
  /** The log that was chosen: path of the readable one. */
  file: string;
  operation: string;
  started: string;
  entries: LogEntry[];
}

/** One log in `logs --list`. */
export interface LogSummary {
  /** Path of the readable one. */
  file: string;
  operation: string;
  started: string;
  /** Run or deployment event that it tells of; null when it came to none. */
  run_id: string | null;
  /** The most serious level in it. */
  level: LogLevel;
  lines: number;
}

/** What `logs --list --json` prints; newest first. */
export interface LogListResult {
  schema: 1;
  logs: LogSummary[];
}

/**
 * The log of an operation: of a run (its id or the beginning of it), the newest of an operation ("train"), or, with nothing
 * given, the newest there is.
 * @param baseDir folder of config.yaml
 * @param level leaves out lines that are less serious
 * @throws EngineError `not-found`
 */
export function readLogs(baseDir: string, which?: string, level?: LogLevel): LogsResult {
  const found = findLog(baseDir, which);
  if (found === undefined) {
    const what = which === undefined ? 'There is no log yet' : `No log tells of "${which}"`;
    throw new EngineError('not-found', `${what} in ${path.join(baseDir, 'logs')}.`, {
      fix: 'See what there is with gnu-mlops logs --list; runs are listed by gnu-mlops runs.',
    });
  }
  return {
    schema: 1,
    file: `${found.stem}.log`,
    operation: found.operation,
    started: startOf(found),
    entries: readEntries(found).filter(isAtLeast(level)),
  };
}

/**
 * Every log there is, newest first.
 * @param which only those of this operation, or that tell of this run
 * @param level only those with a line at least as serious
 */
export function listLogSummaries(baseDir: string, which?: string, level?: LogLevel): LogListResult {
  const meant = listLogs(path.join(baseDir, 'logs')).filter((log) => which === undefined || isMeant(log, which));
  const logs = meant.flatMap((log) => {
    const entries = readEntries(log);
    if (level !== undefined && !entries.some(isAtLeast(level))) return [];
    return [summary(log, entries)];
  });
  return { schema: 1, logs };
}

function summary(log: LogFile, entries: LogEntry[]): LogSummary {
  return {
    file: filesOf(log)[0] ?? `${log.stem}.log`,
    operation: log.operation,
    started: startOf(log),
    run_id: entries.find(({ run_id }) => run_id !== undefined)?.run_id ?? null,
    level: worstLevel(entries),
    lines: entries.length,
  };
}

/** The newest log that is meant, undefined when there is none. */
export function findLog(baseDir: string, which: string | undefined): LogFile | undefined {
  const logs = listLogs(path.join(baseDir, 'logs'));
  return which === undefined ? logs[0] : logs.find((log) => isMeant(log, which));
}

function startOf({ startedAt }: LogFile): string {
  return new Date(startedAt).toISOString();
}

const RUN_ID_PREFIX = /^[0-9a-f]{4,32}$/;

function isMeant(log: LogFile, which: string): boolean {
  if (log.operation === which || path.basename(log.stem).startsWith(which)) return true;
  return RUN_ID_PREFIX.test(which) && readEntries(log).some((entry) => tellsOf(entry, which));
}

function tellsOf(entry: LogEntry, runId: string): boolean {
  return [entry.run_id, entry.event_id].some((id) => typeof id === 'string' && id.startsWith(runId));
}
