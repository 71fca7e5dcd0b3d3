import { existsSync, readFileSync } from 'node:fs';
import { type LogFile, partOf } from '../support/log-files.ts';
import type { LogEntry, LogLevel } from '../support/operation-log.ts';

const SEVERITY: Record<LogLevel, number> = { debug: 0, info: 1, warning: 2, error: 3 };

/** The levels, from the least to the most serious. */
export const LOG_LEVELS = Object.keys(SEVERITY) as LogLevel[];

/** Whether a line is at least as serious as `least`. */
export function isAtLeast(least: LogLevel | undefined): (entry: LogEntry) => boolean {
  return ({ level }) => SEVERITY[level] >= SEVERITY[least ?? 'debug'];
}

/** The most serious level of some lines; `debug` for none. */
export function worstLevel(entries: LogEntry[]): LogLevel {
  return entries.reduce<LogLevel>((worst, { level }) => (SEVERITY[level] > SEVERITY[worst] ? level : worst), 'debug');
}

/** Every line of a log, over all its parts. */
export function readEntries({ stem, parts }: LogFile): LogEntry[] {
  const files = parts.map((part) => partOf(stem, part, '.jsonl')).filter((file) => existsSync(file));
  return files.flatMap((file) => parseLines(readFileSync(file, 'utf8')));
}

/** A line that a killed process left half written is left out. */
export function parseLines(text: string): LogEntry[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as LogEntry];
    } catch {
      return [];
    }
  });
}
