import type { GateResult } from '../../engine/registry/gates.ts';
import type { EngineError } from '../../engine/support/errors.ts';
import { gatesTable } from './gates-table.ts';

/** An error as `--json` prints it. */
export function errorDocument({ reason, message, details }: EngineError): object {
  return { schema: 1, error: { reason, message, details } };
}

/** An error for people: what happened, then what to do. */
export function errorText(error: EngineError, { stack }: { stack: boolean }): string {
  const lines = [`error: ${error.message}`];
  if (error.reason === 'gate-failed') lines.push('', gatesTable(error.details.gates as GateResult[]), '');
  if (error.details.fix !== undefined) lines.push(`to do: ${error.details.fix}`);
  if (error.reason === 'internal')
    lines.push('to do: This is a mistake in gnu-mlops; run it again with --verbose and report what it says.');
  const cause = error.cause ?? error;
  if (stack && error.reason === 'internal' && cause instanceof Error) lines.push(cause.stack ?? '');
  return lines.join('\n');
}
