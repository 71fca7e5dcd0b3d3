import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { judge } from './due.ts';
import { FiringHistory } from './firings.ts';
import type { Schedule } from './schedule.ts';

const OVERRIDE = 'GNU_MLOPS__SCHEDULES';

/**
 * Whether a schedule is certainly not due, found out with as little as possible: this runs every quarter of an hour and mostly
 * answers yes. Whatever is not as plain as that (a variable in the schedule, an override, a mistake in the file, a schedule seen
 * for the first time) is left to `runSchedule`, which decides again from the beginning.
 */
export function isCertainlyNotDue(
  configFile: string,
  id: string,
  env: Record<string, string | undefined>,
  now: Date,
): boolean {
  try {
    const schedule = readPlainSchedule(configFile, id, env);
    if (schedule === null) return false;
    return !schedule.enabled || isWaiting(path.dirname(configFile), schedule, now);
  } catch {
    return false;
  }
}

function isWaiting(baseDir: string, schedule: Schedule, now: Date): boolean {
  const history = FiringHistory.openToRead(baseDir);
  try {
    const since = history?.knownOrigin(schedule.id, schedule) ?? null;
    if (history === null || since === null || since > now.getTime()) return false;
    if (history.hasMisdated(schedule.id, now)) return false;
    return judge(schedule, history.dueRecord(schedule.id, since, now), now).kind === 'wait';
  } finally {
    history?.close();
  }
}

/** The schedule as it stands in the file; null when anything else might have a say. */
function readPlainSchedule(configFile: string, id: string, env: Record<string, string | undefined>): Schedule | null {
  if (Object.keys(env).some((name) => name.startsWith(OVERRIDE))) return null;
  const config = parse(readFileSync(configFile, 'utf8').replace(/^\uFEFF/, '')) as {
    env_file?: unknown;
    schedules?: unknown;
  };
  if (mayOverride(configFile, config.env_file)) return null;
  const entries = Array.isArray(config.schedules) ? (config.schedules as Partial<Schedule>[]) : [];
  const found = entries.filter((entry) => entry?.id === id);
  const [schedule] = found;
  if (found.length !== 1 || JSON.stringify(schedule).includes('${')) return null;
  const { cron, operation, timezone = 'UTC', enabled = true, catch_up = true, jitter_seconds = 0 } = schedule!;
  const isPlain = typeof cron === 'string' && typeof timezone === 'string' && typeof enabled === 'boolean';
  return isPlain && operation !== undefined
    ? { id, operation, cron, timezone, enabled, catch_up, jitter_seconds }
    : null;
}

function mayOverride(configFile: string, envFile: unknown): boolean {
  if (envFile === undefined || envFile === null) return false;
  const file = path.resolve(path.dirname(configFile), String(envFile));
  return !existsSync(file) || readFileSync(file, 'utf8').includes(OVERRIDE);
}
