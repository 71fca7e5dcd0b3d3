import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** One operation's log: `<operation>-<UTC yyyymmddThhmmssZ>-<id>.{log,jsonl}`. */
export interface LogFile {
  /** Path without extension. */
  stem: string;
  operation: string;
  /** ms since 1970, by the name: the clock of the file system may be another one. */
  startedAt: number;
}

const NAME = /^([a-z-]+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]+\.jsonl$/;

/** The logs in a folder, newest first; other files are left out. */
export function listLogs(folder: string): LogFile[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const logs = names.flatMap((name) => toLogFile(folder, name) ?? []);
  return logs.sort((a, b) => b.startedAt - a.startedAt || (a.stem < b.stem ? 1 : -1));
}

function toLogFile(folder: string, name: string): LogFile | undefined {
  const match = NAME.exec(name);
  if (!match) return undefined;
  const [operation, ...parts] = match.slice(1) as [string, ...string[]];
  const [year, month, day, hour, minute, second] = parts.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    stem: path.join(folder, name.slice(0, -'.jsonl'.length)),
    operation,
    startedAt: Date.UTC(year, month - 1, day, hour, minute, second),
  };
}
