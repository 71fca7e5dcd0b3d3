import { accessSync, constants } from 'node:fs';
import { EngineError } from '../../support/errors.ts';

/** SQLite's primary result codes that have a meaning for an operator (https://sqlite.org/rescode.html). */
const Code = {
  error: 1,
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
};

/** The primary result code of an error that node:sqlite threw, 0 for any other error. */
function codeOf(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : 0;
  return typeof code === 'number' ? code & 0xff : 0;
}

/** Whether waiting may help: somebody else holds a lock. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === Code.busy || code === Code.locked;
}

/** Whether a table or column that must be there is not: another program may be migrating the schema just now. */
export function isSchemaGap(error: unknown): boolean {
  return codeOf(error) === Code.error && error instanceof Error && /no such (table|column)/.test(error.message);
}

/** Turns what node:sqlite throws into the EngineError that names the file and what to do; other errors stay as they are. */
export function storeFailure(error: unknown, file: string): unknown {
  const describe = isUnreadable(error, file) ? unreadable : FAILURES[codeOf(error)];
  if (describe === undefined || EngineError.is(error)) return error;
  const { reason, what, fix } = describe;
  return new EngineError(reason, `${file} ${what}`, { fix, file }, { cause: error });
}

/** After waiting `ms` for a lock that somebody else holds. */
export function lockedFor(file: string, ms: number, cause: unknown): EngineError {
  const seconds = Math.round(ms / 100) / 10;
  return new EngineError(
    'store-locked',
    `${file} is locked by another program for more than ${seconds} s.`,
    {
      fix: 'Wait until the other program (a Python script, mlflow ui, a database viewer) has finished writing, or stop it.',
      file,
    },
    { cause },
  );
}

interface Failure {
  reason: 'invalid-store' | 'store-read-only' | 'store-locked' | 'unreachable';
  what: string;
  fix: string;
}

const unreadable: Failure = {
  reason: 'unreachable',
  what: 'cannot be read by this user.',
  fix: 'Give this user read and write permission on the file, or work as the user it belongs to.',
};

/** Asks the system by the file's name: opening it by other means would drop SQLite's locks. */
function isUnreadable(error: unknown, file: string): boolean {
  if (codeOf(error) !== Code.cannotOpen) return false;
  try {
    accessSync(file, constants.R_OK);
    return false;
  } catch (refusal) {
    return (refusal as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

const readOnly: Failure = {
  reason: 'store-read-only',
  what: 'cannot be written: the file or its folder is read-only for this user.',
  fix: 'Give this user write permission on the file and on its folder (SQLite puts its journal beside the file).',
};

const FAILURES: Record<number, Failure> = {
  [Code.busy]: { reason: 'store-locked', what: 'is locked by another program.', fix: 'Try again in a moment.' },
  [Code.locked]: { reason: 'store-locked', what: 'is locked by another program.', fix: 'Try again in a moment.' },
  [Code.readOnly]: readOnly,
  [Code.cannotOpen]: readOnly,
  [Code.notADatabase]: {
    reason: 'invalid-store',
    what: 'is not a SQLite database.',
    fix: 'Point mlflow.tracking_uri at an MLflow database, or at a name that does not exist yet to make a new one.',
  },
  [Code.corrupt]: {
    reason: 'invalid-store',
    what: 'is damaged.',
    fix: 'Put a backup back (mlflow.db.before-gnu-mlops-* may be one), or save what can be read with "sqlite3 FILE .recover".',
  },
  [Code.full]: {
    reason: 'invalid-store',
    what: 'cannot grow: the disk is full.',
    fix: 'Free some space and try again.',
  },
  [Code.io]: {
    reason: 'invalid-store',
    what: 'cannot be read or written: the disk reports an error.',
    fix: 'Look at the disk and its free space, then try again.',
  },
};
