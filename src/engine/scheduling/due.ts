import { latestDue } from './expression.ts';
import type { Schedule } from './schedule.ts';

/** How often the installed entry asks whether the schedule is due, at least. */
export const CHECK_MINUTES = 15;

/** A firing that was recorded more than this ahead of the clock was made while the clock was wrong. */
export const MISDATED_MS = 24 * 3_600_000;

/** What the history knows, as far as it matters for one due instant. Instants are ms since 1970. */
export interface DueRecord {
  /** The schedule counts from here: what was due before it existed is not missed. */
  since: number;
  /** Whether that due instant was started, missed or overlapped already. */
  isSettled(due: number): boolean;
  /** Start of the last firing that does not lie in the future; null when there is none. */
  lastStarted: number | null;
}

/** `missed`: too late for a schedule that does not catch up. */
export type Verdict = { kind: 'wait' } | { kind: 'fire' | 'missed'; due: Date };

/**
 * Whether a schedule is due: when the latest instant that its expression names is later than the last start. A machine that
 * was off, a pause and both days on which the clock changes follow from that. Each due instant is started at most once, also
 * when the clock jumps back; a start that lies in the future does not hold the schedule up.
 */
export function judge(schedule: Schedule, record: DueRecord, now: Date): Verdict {
  const due = latestDue(schedule, now);
  if (due === null || due.getTime() <= record.since || record.isSettled(due.getTime())) return { kind: 'wait' };
  if (record.lastStarted !== null && due.getTime() <= record.lastStarted) return { kind: 'wait' };
  const isLate = now.getTime() - due.getTime() >= lateness(schedule);
  return { kind: isLate && !schedule.catch_up ? 'missed' : 'fire', due };
}

/** From when on a start counts as missed, ms: the next check is at most one interval away. */
function lateness({ jitter_seconds }: Schedule): number {
  return CHECK_MINUTES * 60_000 + jitter_seconds * 1000;
}
