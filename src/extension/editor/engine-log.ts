import type * as vscode from 'vscode';
import type { LogEntry } from '../../protocol/engine-api.ts';

/** Writes an entry of the engine's log into the editor's. */
export function logEntry(log: vscode.LogOutputChannel, { level, message, operation }: LogEntry): void {
  const text = typeof operation === 'string' ? `${operation}: ${message}` : message;
  if (level === 'error') log.error(text);
  else if (level === 'warning') log.warn(text);
  else if (level === 'debug') log.debug(text);
  else log.info(text);
}
