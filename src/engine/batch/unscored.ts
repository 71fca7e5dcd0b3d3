import { toEngineError } from '../support/errors.ts';
import type { BatchFile } from './results.ts';

/** An input that was not scored. */
export function left(input: string, status: BatchFile['status'], error: string | null): BatchFile {
  return { input, output: null, sha256: null, archived: null, rows: 0, refused: 0, status, error, warnings: [] };
}

export function grown(input: string): BatchFile {
  return left(input, 'growing', 'still growing: it changed while it was read; next time');
}

export function failed(input: string, error: unknown): BatchFile {
  const { message, details } = toEngineError(error);
  const result = left(input, 'failed', details.fix === undefined ? message : `${message} ${details.fix}`);
  const { rows, refused } = details;
  // Rows that a whole file was refused for count when production is judged.
  return typeof rows === 'number' && typeof refused === 'number' ? { ...result, rows, refused } : result;
}
