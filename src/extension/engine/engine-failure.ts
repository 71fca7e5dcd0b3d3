import type { SerialisedError } from '../../protocol/engine-api.ts';

/** Why the engine refused or failed, as the host sees it. The message is for people. */
export class EngineFailure extends Error {
  readonly reason: SerialisedError['reason'];
  readonly details: SerialisedError['details'];

  constructor({ reason, message, details }: SerialisedError) {
    super(message);
    this.name = 'EngineFailure';
    this.reason = reason;
    this.details = details;
  }

  /** The message, and what to do about it where that is known. */
  get advice(): string {
    const { fix } = this.details;
    if (fix === undefined) return this.message;
    // A list of findings ends without a point.
    return /[.!?]$/.test(this.message) ? `${this.message} ${fix}` : `${this.message}. ${fix}`;
  }
}

/** Whatever was thrown, as an EngineFailure. */
export function toEngineFailure(error: unknown): EngineFailure {
  if (error instanceof EngineFailure) return error;
  if (isSerialised(error)) return new EngineFailure(error);
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  return new EngineFailure({ reason: 'internal', message, details: { stack } });
}

function isSerialised(error: unknown): error is SerialisedError {
  if (typeof error !== 'object' || error === null || error instanceof Error) return false;
  return 'reason' in error && 'message' in error && 'details' in error;
}
