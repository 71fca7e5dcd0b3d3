import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type LogFile, partOf } from '../support/log-files.ts';
import type { LogEntry } from '../support/operation-log.ts';
import { parseLines } from './log-entries.ts';
import { findLog } from './logs.ts';

/** Lines that came since the last time, and the log that they stand in. */
export interface FollowedLines {
  /** Path of the readable log. */
  file: string;
  /** Whether this log was not followed before. */
  isNew: boolean;
  entries: LogEntry[];
}

const POLL_MS = 200;

/**
 * The lines of a log as they are written, beginning with those that are there; goes over to a newer log of the same kind when
 * one begins, and waits when there is none yet. Ends when `signal` is aborted.
 */
export async function* followLogs(
  baseDir: string,
  which: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<FollowedLines> {
  let tail: Tail | undefined;
  while (!signal.aborted) {
    const log = findLog(baseDir, which);
    const isNew = log !== undefined && log.stem !== tail?.stem;
    // What the log before still has to say comes first.
    if (tail) yield* told(tail, false);
    if (isNew) {
      tail = new Tail(log);
      yield* told(tail, true);
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

function* told(tail: Tail, isNew: boolean): Generator<FollowedLines> {
  const entries = tail.read();
  if (isNew || entries.length > 0) yield { file: `${tail.stem}.log`, isNew, entries };
}

/** A place in a growing log. */
class Tail {
  readonly stem: string;
  #part: number;
  #offset = 0;
  #rest = Buffer.alloc(0);

  constructor({ stem, parts }: LogFile) {
    this.stem = stem;
    this.#part = parts[0]!;
  }

  /** The lines that were completed since. */
  read(): LogEntry[] {
    const entries = this.#readPart();
    const next = partOf(this.stem, this.#part + 1, '.jsonl');
    if (!existsSync(next)) return entries;
    // The part was ended between the two looks at it, or before.
    entries.push(...this.#readPart());
    this.#part += 1;
    this.#offset = 0;
    this.#rest = Buffer.alloc(0);
    return [...entries, ...this.read()];
  }

  #readPart(): LogEntry[] {
    const bytes = Buffer.concat([this.#rest, readFrom(partOf(this.stem, this.#part, '.jsonl'), this.#offset)]);
    this.#offset += bytes.length - this.#rest.length;
    const end = bytes.lastIndexOf('\n') + 1;
    this.#rest = bytes.subarray(end);
    return parseLines(bytes.subarray(0, end).toString('utf8'));
  }
}

function readFrom(file: string, offset: number): Buffer {
  if (!existsSync(file)) return Buffer.alloc(0);
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - offset));
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(descriptor);
  }
}
