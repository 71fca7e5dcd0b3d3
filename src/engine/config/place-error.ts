import path from 'node:path';
import { EngineError } from '../support/errors.ts';
import { unplacedPath } from './config-error.ts';
import { type Finding, formatFinding } from './finding.ts';
import type { LoadedConfig } from './load.ts';
import { wayOut } from './way-out.ts';

/** What an error says about a configured value, at its place; null for an error about something else. */
export function toFinding(error: unknown, { place }: LoadedConfig): Finding | null {
  const at = EngineError.is(error) ? unplacedPath(error) : null;
  if (at === null) return null;
  const { message, details } = error as EngineError;
  const replacement = typeof details.replacement === 'string' ? { replacement: details.replacement } : {};
  return place({ severity: 'error', path: at, message, ...replacement });
}

/** An error about a configured value with the line, the flag or the variable it comes from; others as they are. */
export function placeError(error: unknown, loaded: LoadedConfig): unknown {
  const finding = toFinding(error, loaded);
  if (finding === null) return error;
  const { reason, details } = error as EngineError;
  const { range, origin } = finding;
  return new EngineError(
    reason,
    formatFinding(path.basename(loaded.file), finding),
    {
      ...details,
      ...(range ? { position: { file: loaded.file, line: range.line, column: range.column } } : { origin }),
      fix: details.fix ?? wayOut([finding], loaded.file),
    },
    { cause: error },
  );
}

/** Does what may find something wrong with the configuration; its errors tell the place. */
export async function withPlaces<T>(loaded: LoadedConfig, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw placeError(error, loaded);
  }
}
