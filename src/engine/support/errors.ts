/** Why an operation stopped. Scripts read it from JSON output; docs/errors.md explains each one to people. */
export type ErrorReason =
  | 'usage'
  | 'invalid-config'
  | 'invalid-data'
  | 'data-quality'
  | 'unsupported'
  | 'not-found'
  | 'invalid-model'
  | 'invalid-store'
  | 'store-read-only'
  | 'store-locked'
  | 'unreachable'
  | 'unauthorized'
  | 'remote-failed'
  | 'gate-failed'
  | 'conflict'
  | 'no-previous'
  | 'lock-held'
  | 'permission'
  | 'disk-full'
  | 'untrusted-workspace'
  | 'cancelled'
  | 'internal';

/** Exit code of the command line for each reason (0 is success and never an error). */
const EXIT_CODES: Record<ErrorReason, number> = {
  usage: 2,
  'invalid-config': 2,
  'invalid-data': 1,
  'data-quality': 1,
  unsupported: 2,
  'not-found': 1,
  'invalid-model': 1,
  'invalid-store': 4,
  'store-read-only': 4,
  'store-locked': 4,
  unreachable: 4,
  unauthorized: 4,
  'remote-failed': 1,
  'gate-failed': 3,
  conflict: 1,
  'no-previous': 1,
  'lock-held': 5,
  permission: 1,
  'disk-full': 1,
  'untrusted-workspace': 1,
  cancelled: 130,
  internal: 1,
};

/** A place in a file, 1-based, as editors count. */
export interface SourcePosition {
  file: string;
  line: number;
  column: number;
}

/** Facts behind an error, safe to print and to serialise: never a secret. */
export interface ErrorDetails {
  position?: SourcePosition;
  /** What the operator can do about it, as one sentence. */
  fix?: string;
  [key: string]: unknown;
}

/**
 * An expected refusal or failure with a reason. The message says what happened, where, and what was expected;
 * `details.fix` says what to do. Anything else that is thrown is a bug.
 */
export class EngineError extends Error {
  readonly reason: ErrorReason;
  readonly details: ErrorDetails;

  constructor(reason: ErrorReason, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
    this.reason = reason;
    this.details = details;
  }

  /** Whether `error` is an EngineError, of the given reason if one is given. */
  static is(error: unknown, reason?: ErrorReason): error is EngineError {
    return error instanceof EngineError && (reason === undefined || error.reason === reason);
  }
}

/** The exit code of the command line after `error`; 1 for anything that is not an EngineError. */
export function exitCodeOf(error: unknown): number {
  return error instanceof EngineError ? exitCodeOfReason(error.reason) : 1;
}

/** The exit code of the command line for a reason. */
export function exitCodeOfReason(reason: ErrorReason): number {
  return EXIT_CODES[reason];
}

/** Turns whatever was thrown into an EngineError, keeping the original as `cause`. */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new EngineError('cancelled', 'Cancelled.', {}, { cause: error });
  }
  return systemError(error) ?? new EngineError('internal', messageOf(error), {}, { cause: error });
}

/** What the operating system refuses to everybody is no bug. */
function systemError(error: unknown): EngineError | undefined {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  const place = path === undefined ? '' : ` (${path})`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const fix = 'Make room, for example with gnu-mlops clean, and run it again.';
    return new EngineError('disk-full', `No space is left on the disk${place}.`, { fix }, { cause: error });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const fix = 'Correct the permissions, or work as the user it belongs to.';
    return new EngineError('permission', `Reading or writing is not permitted${place}.`, { fix }, { cause: error });
  }
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
