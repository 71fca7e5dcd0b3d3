import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeFileWhole } from './atomic-file.ts';

/** One operation's log: `<operation>-<UTC yyyymmddThhmmssZ>-<id>.{log,jsonl}`, a long one in parts: `<...>-<id>.2.jsonl`. */
export interface LogFile {
  /** Path without extension. */
  stem: string;
  operation: string;
  /** ms since 1970, by the name: the clock of the file system may be another one. */
  startedAt: number;
  /** Numbers of the parts that are there, ascending; the first is 1. */
  parts: number[];
}

const NAME = /^(([a-z-]+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]+)(?:\.(\d+))?\.jsonl$/;

/** The logs in a folder, newest first; other files are left out. */
export function listLogs(folder: string): LogFile[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const logs = new Map<string, LogFile>();
  for (const name of names) {
    const log = toLogFile(folder, name);
    if (log === undefined) continue;
    const known = logs.get(log.stem);
    if (known) known.parts.push(...log.parts);
    else logs.set(log.stem, log);
  }
  for (const log of logs.values()) log.parts.sort((a, b) => a - b);
  return [...logs.values()].sort((a, b) => b.startedAt - a.startedAt || (a.stem < b.stem ? 1 : -1));
}

function toLogFile(folder: string, name: string): LogFile | undefined {
  const match = NAME.exec(name);
  if (!match) return undefined;
  const [stem, operation, year, month, day, hour, minute, second, part] = match.slice(1) as [
    string,
    string,
    ...string[],
  ];
  return {
    stem: path.join(folder, stem),
    operation,
    startedAt: Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)),
    parts: [Number(part ?? 1)],
  };
}

/** Path of a part of a log. */
export function partOf(stem: string, part: number, extension: '.log' | '.jsonl'): string {
  return part === 1 ? stem + extension : `${stem}.${part}${extension}`;
}

/** Both files of every part, those that are there. */
export function filesOf({ stem, parts }: LogFile): string[] {
  return parts
    .flatMap((part) => [partOf(stem, part, '.log'), partOf(stem, part, '.jsonl')])
    .filter((file) => existsSync(file));
}

const DAY_MS = 86_400_000;
/** A schedule that fires every minute must not fill a folder with a month of logs. */
const MOST_LOGS = 5000;

/** Logs that are older than `retentionDays`, and those beyond the newest 5,000. */
export function outdatedLogs(folder: string, retentionDays: number, now: Date): LogFile[] {
  const before = now.getTime() - retentionDays * DAY_MS;
  return listLogs(folder).filter(({ startedAt }, age) => startedAt < before || age >= MOST_LOGS);
}

/** Removes outdated logs unless that was done within the last day; the folder keeps a note of when. */
export function removeOutdatedLogsDaily(folder: string, retentionDays: number, now: Date): void {
  const note = path.join(folder, '.cleaned');
  const last = existsSync(note) ? Date.parse(readFileSync(note, 'utf8')) : Number.NaN;
  // A clock that was set back must not stop it for good.
  if (Math.abs(now.getTime() - last) < DAY_MS) return;
  for (const file of outdatedLogs(folder, retentionDays, now).flatMap(filesOf)) rmSync(file, { force: true });
  writeFileWhole(note, `${now.toISOString()}\n`);
}
