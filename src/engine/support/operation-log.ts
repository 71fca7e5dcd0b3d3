import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { partOf, removeOutdatedLogsDaily } from './log-files.ts';
import { cleanTexts, redactByName } from './secret-names.ts';

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** One line of a log. */
export interface LogEntry {
  time: string;
  level: LogLevel;
  message: string;
  /** Run (or deployment event) that the line belongs to, from the first line on that names it. */
  run_id?: string;
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
  /** Logs of this folder older than that go, once a day, when a new one begins; none unless given. */
  retentionDays?: number | undefined;
  /** Size in bytes from which a log goes on in a new part; 10 MiB unless given. */
  partBytes?: number | undefined;
}

const PART_BYTES = 10 << 20;
/** Of a log that never ends, the beginning and the newest parts are kept. */
const MOST_PARTS = 10;

/**
 * `logs/<operation>-<UTC yyyymmddThhmmssZ>-<id>.{log,jsonl}`: the same entries for people and for programs. Every line carries
 * the log's id and, once an entry names it, the run's. Secrets are removed by value and by the name beside them.
 */
export class OperationLog implements Log {
  /** Path without extension. */
  readonly stem: string;
  private readonly options: OperationLogOptions;
  private readonly id = randomBytes(3).toString('hex');
  private runId: string | undefined;
  private part = 1;
  private partSize = 0;
  private state: 'new' | 'open' | 'broken' = 'new';

  constructor(options: OperationLogOptions) {
    this.options = options;
    const stamp = options.startedAt.toISOString().replace(/[-:]|\.\d+/g, '');
    this.stem = path.join(options.folder, `${options.operation}-${stamp}-${this.id}`);
  }

  write(level: LogLevel, message: string, facts: Record<string, unknown> = {}): void {
    this.writeAll([{ level, message, facts }]);
  }

  /** Many lines at once: opening the files for each of a thousand takes longer than writing them. */
  writeAll(lines: { level: LogLevel; message: string; facts: Record<string, unknown> }[]): void {
    const entries = lines.map(({ level, message, facts }) => this.toEntry(level, message, facts));
    this.append(entries);
    for (const entry of entries) this.options.onEntry?.(entry);
  }

  private toEntry(level: LogLevel, message: string, facts: Record<string, unknown>): LogEntry {
    const { clock, redact, operation } = this.options;
    this.runId ??= [facts.run_id, facts.event_id].find((id) => typeof id === 'string');
    const run = this.runId === undefined ? {} : { run_id: this.runId };
    const raw = {
      time: clock().toISOString(),
      level,
      operation,
      log: this.id,
      pid: process.pid,
      ...run,
      message,
      ...facts,
    };
    const plain = JSON.parse(JSON.stringify(raw)) as unknown;
    return cleanTexts(plain, (text) => redactByName(redact(text))) as LogEntry;
  }

  private readable({ time, level, message }: LogEntry): string {
    return `${time} ${level.toUpperCase().padEnd(7)} [${(this.runId ?? this.id).slice(0, 8)}] ${oneEntry(message)}`;
  }

  /** A log that cannot be written must not stop the work it describes. */
  private append(entries: LogEntry[]): void {
    if (this.state === 'broken') return;
    try {
      if (this.state === 'new') this.open();
      let [lines, readable] = ['', ''];
      for (const entry of entries) {
        const line = `${JSON.stringify(entry)}\n`;
        const bytes = Buffer.byteLength(line);
        if (this.isFull(bytes)) {
          this.appendToPart(lines, readable);
          [lines, readable] = ['', ''];
          this.turnOver();
        }
        this.partSize += bytes;
        lines += line;
        readable += `${this.readable(entry)}\n`;
      }
      this.appendToPart(lines, readable);
    } catch {
      this.state = 'broken';
    }
  }

  private appendToPart(lines: string, readable: string): void {
    if (lines === '') return;
    appendFileSync(partOf(this.stem, this.part, '.jsonl'), lines);
    appendFileSync(partOf(this.stem, this.part, '.log'), readable);
  }

  private open(): void {
    const { folder, retentionDays, clock } = this.options;
    mkdirSync(folder, { recursive: true });
    this.state = 'open';
    if (retentionDays !== undefined) removeOutdatedLogsDaily(folder, retentionDays, clock());
  }

  private isFull(bytes: number): boolean {
    const { partBytes = PART_BYTES } = this.options;
    return this.partSize > 0 && this.partSize + bytes > partBytes;
  }

  private turnOver(): void {
    this.part += 1;
    this.partSize = 0;
    const gone = this.part - MOST_PARTS + 1;
    if (gone > 1) for (const ext of ['.jsonl', '.log'] as const) rmSync(partOf(this.stem, gone, ext), { force: true });
  }
}

/** A message cannot pretend to be another line: further lines are set in, and control characters spelled out. */
function oneEntry(message: string): string {
  return message
    .replace(/\r?\n/g, '\n    ')
    .replace(/[^\P{Cc}\n\t]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
