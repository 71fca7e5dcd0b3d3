import { EngineError, type ErrorReason } from '../support/errors.ts';
import { type ConfigPath, formatPath } from './config.ts';

interface ConfigErrorOptions {
  /** `invalid-config` unless given. */
  reason?: ErrorReason;
  fix?: string;
  /** What was probably meant, for a quick fix. */
  replacement?: string | undefined;
  [key: string]: unknown;
}

/**
 * An error about one configured value, told by a room that knows the value but not the file. `details.path` says which one;
 * the line is added where the document is known: `placeError`.
 * @param complaint "found 0; expected an integer of at least 1"
 */
export function configError(path: ConfigPath, complaint: string, options: ConfigErrorOptions = {}): EngineError {
  const { reason = 'invalid-config', ...details } = options;
  return new EngineError(reason, `${formatPath(path)}: ${complaint}`, { path, ...details });
}

/** The value that an error is about; null when it is about none, or tells the place already. */
export function unplacedPath({ details }: EngineError): ConfigPath | null {
  return Array.isArray(details.path) && !details.position && !details.origin ? (details.path as ConfigPath) : null;
}
