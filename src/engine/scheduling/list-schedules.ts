import { statSync } from 'node:fs';
import path from 'node:path';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { parseSetFlag } from '../config/overrides.ts';
import type { OpenProjectOptions } from '../project.ts';
import { LeaseStore } from '../support/leases.ts';
import { isAlive } from '../support/process-identity.ts';
import { describeTiming } from './description.ts';
import { CHECK_MINUTES } from './due.ts';
import { latestDue, nextDues } from './expression.ts';
import { type Firing, FiringHistory } from './firings.ts';
import { targetContext } from './install-schedules.ts';
import type { FiringSummary, ScheduleListResult, ScheduleSummary } from './results.ts';
import { findSchedule, type Schedule, stateFile } from './schedule.ts';
import { requireValidSchedules } from './schedule-findings.ts';
import { usableTargets } from './targets/all-targets.ts';
import type { ScheduleTarget, TargetName } from './targets/target.ts';

/**
 * The schedules of config.yaml: when they are due next, how the last firing ended, where they are installed, and whether what is
 * installed is what config.yaml says. Changes nothing.
 * @throws EngineError `invalid-config`
 */
export function listSchedules(options: OpenProjectOptions = {}): ScheduleListResult {
  const loaded = read(options);
  const now = options.clock?.() ?? new Date();
  const places = usableTargets(targetContext(loaded, options)).map(look);
  const history = FiringHistory.openToRead(path.dirname(loaded.file));
  try {
    const { schedules } = loaded.config;
    const ids = new Set(schedules.map(({ id }) => id));
    const orphans = places.flatMap(({ target, entries }) =>
      [...entries.keys()].filter((id) => !ids.has(id)).map((id) => ({ target: target.name, id })),
    );
    return {
      schema: 1,
      schedules: schedules.map((schedule) => summary(schedule, { loaded, now, places, history })),
      orphans,
    };
  } finally {
    history?.close();
  }
}

/**
 * The last firings of a schedule, newest first.
 * @throws EngineError `not-found`
 */
export function scheduleHistory(id: string, limit: number, options: OpenProjectOptions = {}): FiringSummary[] {
  const loaded = read(options);
  findSchedule(loaded.config, id);
  const baseDir = path.dirname(loaded.file);
  const history = FiringHistory.openToRead(baseDir);
  try {
    return (history?.firings(id, limit) ?? []).map((firing) => firingSummary(firing, baseDir));
  } finally {
    history?.close();
  }
}

function read(options: OpenProjectOptions): LoadedConfig {
  const file = path.resolve(options.configFile ?? 'config.yaml');
  const overrides = (options.set ?? []).map(parseSetFlag);
  const loaded = loadConfig({ file, overrides, env: options.env ?? process.env });
  requireValidSchedules(loaded);
  return loaded;
}

interface Place {
  target: ScheduleTarget;
  entries: Map<string, string>;
}

/** A target that cannot be read (no right to use cron) holds nothing of ours. */
function look(target: ScheduleTarget): Place {
  try {
    return { target, entries: target.installed() };
  } catch {
    return { target, entries: new Map() };
  }
}

interface Surroundings {
  loaded: LoadedConfig;
  now: Date;
  places: Place[];
  history: FiringHistory | null;
}

function summary(schedule: Schedule, { loaded, now, places, history }: Surroundings): ScheduleSummary {
  const { id, operation, cron, timezone, enabled } = schedule;
  const [last] = history?.firings(id, 1) ?? [];
  const targets = places.flatMap(({ target, entries }) => drift(schedule, target, entries.get(id)));
  const since = history?.knownOrigin(id, schedule) ?? statSync(loaded.file).mtime.getTime();
  return {
    ...{ id, operation, cron, timezone, description: describeTiming(schedule), enabled },
    next: enabled ? nextDues(schedule, 5, now).map((due) => due.toISOString()) : [],
    last: last ? firingSummary(last, path.dirname(loaded.file)) : null,
    never_fired: enabled && last === undefined && wasDue(schedule, since, now),
    installed: targets.some(({ status }) => status === 'current'),
    targets,
  };
}

/** Long enough ago for a check to have seen it. */
function wasDue(schedule: Schedule, since: number, now: Date): boolean {
  const grace = CHECK_MINUTES * 60_000 + schedule.jitter_seconds * 1000;
  const due = latestDue(schedule, new Date(now.getTime() - grace));
  return due !== null && due.getTime() > since;
}

function drift(
  schedule: Schedule,
  target: ScheduleTarget,
  entry: string | undefined,
): { target: TargetName; status: 'current' | 'outdated' }[] {
  if (entry === undefined) return [];
  return [{ target: target.name, status: entry === wanted(target, schedule) ? 'current' : 'outdated' }];
}

function wanted(target: ScheduleTarget, schedule: Schedule): string | null {
  try {
    return target.entry(schedule);
  } catch {
    return null;
  }
}

function firingSummary(firing: Firing, baseDir: string): FiringSummary {
  const { due, started, status, exit_code, duration_ms, log } = firing;
  const isGone = status === 'running' && !isAtWork(firing, baseDir);
  return {
    due: new Date(due).toISOString(),
    started: new Date(started).toISOString(),
    status: isGone ? 'interrupted' : status,
    exit_code,
    duration_ms,
    log,
  };
}

/** Whether whoever holds the lock of the schedule is alive, as far as this host can tell. */
function isAtWork({ schedule }: Firing, baseDir: string): boolean {
  try {
    const leases = new LeaseStore(stateFile(baseDir));
    const holder = leases.holder(`schedule:${schedule}`);
    leases.close();
    return holder !== null && isAlive(holder) !== false;
  } catch {
    // Who may not write here cannot ask, and says what was recorded.
    return true;
  }
}
