import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** One line of a log. */
export interface LogEntry {
  time: string;
  level: LogLevel;
  message: string;
  [fact: string]: unknown;
}

/** Where an operation says what it does. Secrets never reach it: entries are redacted on the way in. */
export interface Log {
  write(level: LogLevel, message: string, facts?: Record<string, unknown>): void;
}

export interface OperationLogOptions {
  folder: string;
  operation: string;
  startedAt: Date;
  clock: () => Date;
  redact: (text: string) => string;
  /** Also gets every entry, for a console or an editor's log channel. */
  onEntry?: ((entry: LogEntry) => void) | undefined;
}

/** `logs/<operation>-<UTC yyyymmddThhmmssZ>-<id>.{log,jsonl}`: the same entries for people and for programs. */
export class OperationLog implements Log {
  /** Path without extension. */
  readonly stem: string;
  private readonly options: OperationLogOptions;
  private broken = false;

  constructor(options: OperationLogOptions) {
    this.options = options;
    const stamp = options.startedAt.toISOString().replace(/[-:]|\.\d+/g, '');
    this.stem = path.join(options.folder, `${options.operation}-${stamp}-${randomBytes(3).toString('hex')}`);
  }

  write(level: LogLevel, message: string, facts: Record<string, unknown> = {}): void {
    const { clock, redact, operation, onEntry } = this.options;
    const text = redact(JSON.stringify({ time: clock().toISOString(), level, operation, message, ...facts }));
    const entry = JSON.parse(text) as LogEntry;
    this.append('.jsonl', text);
    this.append('.log', `${entry.time} ${level.toUpperCase().padEnd(7)} ${entry.message}`);
    onEntry?.(entry);
  }

  /** A log that cannot be written must not stop the work it describes. */
  private append(extension: string, line: string): void {
    if (this.broken) return;
    try {
      mkdirSync(this.options.folder, { recursive: true });
      appendFileSync(this.stem + extension, `${line}\n`);
    } catch {
      this.broken = true;
    }
  }
}
