import type { LoadedConfig } from '../config/load.ts';
import type { FiringHistory } from './firings.ts';
import { OPERATIONS } from './operations.ts';
import type { Schedule, ScheduledOperation } from './schedule.ts';
import { timingProblems } from './schedule-findings.ts';

/**
 * A schedule of a configuration that is refused: as it stands there when that much is sound, else when it was due so far.
 * @returns null when nothing says when it is due
 */
export function lastKnownSchedule(id: string, { config }: LoadedConfig, history: FiringHistory): Schedule | null {
  const entries: unknown[] = Array.isArray(config.schedules) ? config.schedules : [];
  const entry = entries.find((each): each is Partial<Schedule> => isRecord(each) && each.id === id) ?? {};
  const timing = soundTiming(entry) ?? history.lastTiming(id);
  if (timing === null) return null;
  const operation = [entry.operation, history.firings(id, 1)[0]?.operation].find(isOperation) ?? 'batch';
  const { enabled = true, catch_up = true } = entry;
  return { id, operation, ...timing, enabled: enabled !== false, catch_up: catch_up !== false, jitter_seconds: 0 };
}

function soundTiming({ cron, timezone }: Partial<Schedule>): Pick<Schedule, 'cron' | 'timezone'> | null {
  if (typeof cron !== 'string' || typeof timezone !== 'string') return null;
  return timingProblems({ cron, timezone }).length === 0 ? { cron, timezone } : null;
}

function isOperation(name: string | undefined): name is ScheduledOperation {
  return name !== undefined && Object.hasOwn(OPERATIONS, name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
