import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { EngineError } from '../support/errors.ts';
import type { LogEntry } from '../support/operation-log.ts';
import { type LogFile, listLogs } from './log-files.ts';

/** What `logs --json` prints. */
export interface LogsResult {
  schema: 1;
  /** The log that was chosen: path of the readable one. */
  file: string;
  operation: string;
  started: string;
  entries: LogEntry[];
}

/**
 * The log of an operation: of a run (its id or the beginning of it), the newest of an operation ("train"), or, with nothing
 * given, the newest there is.
 * @param baseDir folder of config.yaml
 * @throws EngineError `not-found`
 */
export function readLogs(baseDir: string, which?: string): LogsResult {
  const logs = listLogs(path.join(baseDir, 'logs'));
  const found = which === undefined ? logs[0] : logs.find((log) => isMeant(log, which));
  if (found === undefined) {
    const what = which === undefined ? 'There is no log yet' : `No log tells of "${which}"`;
    throw new EngineError('not-found', `${what} in ${path.join(baseDir, 'logs')}.`, {
      fix: 'Name a run by its id, or an operation such as train; runs are listed by: gnu-mlops runs',
    });
  }
  return {
    schema: 1,
    file: `${found.stem}.log`,
    operation: found.operation,
    started: new Date(found.startedAt).toISOString(),
    entries: readEntries(found),
  };
}

const RUN_ID_PREFIX = /^[0-9a-f]{4,32}$/;

function isMeant(log: LogFile, which: string): boolean {
  if (log.operation === which || path.basename(log.stem).startsWith(which)) return true;
  return RUN_ID_PREFIX.test(which) && readEntries(log).some((entry) => tellsOf(entry, which));
}

function tellsOf(entry: LogEntry, runId: string): boolean {
  return [entry.run_id, entry.event_id].some((id) => typeof id === 'string' && id.startsWith(runId));
}

/** A line that a killed process left half written is left out. */
function readEntries({ stem }: LogFile): LogEntry[] {
  const file = `${stem}.jsonl`;
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as LogEntry];
    } catch {
      return [];
    }
  });
}
