import path from 'node:path';
import { isatty } from 'node:tty';
import type { Environment } from '../engine/config/load.ts';
import { isCertainlyNotDue } from '../engine/scheduling/quick-check.ts';

/**
 * Whether these are the arguments of an installed entry, `schedule run ID [--config FILE] [--quiet]`, and that schedule is not
 * due. Loads next to nothing; a person at a terminal gets the whole command, which says when it is due.
 */
export function leavesAtOnce([command, action, ...rest]: readonly string[], env: Environment): boolean {
  if (command !== 'schedule' || action !== 'run' || isatty(1)) return false;
  const asked = readEntry(rest);
  return asked !== null && isCertainlyNotDue(path.resolve(asked.config), asked.id, env, new Date());
}

function readEntry(args: string[]): { id: string; config: string } | null {
  const rest = args.filter((arg) => arg !== '--quiet');
  const at = rest.indexOf('--config');
  const [, config = 'config.yaml'] = at < 0 ? [] : rest.splice(at, 2);
  const [id, ...others] = rest;
  return id !== undefined && !id.startsWith('-') && others.length === 0 ? { id, config } : null;
}
