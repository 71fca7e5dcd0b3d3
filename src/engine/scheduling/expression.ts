import { Cron, CronPattern } from 'croner';
import type { Timing } from './schedule.ts';

/**
 * Five fields as in crontab(5). A time that the clock skips when summer begins is due at the first instant after the gap, one
 * that it shows twice is due the first time; both as in Debian's cron. Expressions with `*` or a step in minute or hour follow
 * the clock instead: nothing in the gap, both passes of an hour that is repeated.
 */
const RULES = { mode: '5-part', fixedTimeRule: 'no-wildcard' } as const;

const FIELDS = [
  ['minute', '0-59'],
  ['hour', '0-23'],
  ['day of the month', '1-31, or L for the last'],
  ['month', '1-12, or JAN-DEC'],
  ['day of the week', '0-7 with 0 and 7 for Sunday, or SUN-SAT, or MON#1 for the first Monday of the month'],
] as const;

/** The latest instant at or before `now` that the expression names, null when there is none. */
export function latestDue(timing: Timing, now: Date): Date | null {
  // croner looks strictly before its reference.
  return clockOf(timing).previousRuns(1, new Date(now.getTime() + 1))[0] ?? null;
}

/** The next `count` instants after `after`, the nearest first. */
export function nextDues(timing: Timing, count: number, after: Date): Date[] {
  return clockOf(timing).nextRuns(count, after);
}

/** What the fields of an expression name. */
export function expressionFields(cron: string): CronPattern {
  return new CronPattern(cron, 'UTC', RULES);
}

/** Positions in one of croner's fields that are set: minutes 0-59, hours 0-23. */
export function namedValues(field: readonly number[]): number[] {
  return field.flatMap((isNamed, value) => (isNamed ? [value] : []));
}

/** What is wrong with an expression, as one sentence; null when it can be used. */
export function expressionProblem(cron: string): string | null {
  const parts = cron.trim().split(/\s+/);
  const isNickname = /^@(yearly|annually|monthly|weekly|daily|hourly)$/i.test(cron.trim());
  if (parts.length !== FIELDS.length && !isNickname) {
    return `"${cron}" has ${parts.length} fields; expected five: minute, hour, day of the month, month, day of the week`;
  }
  const wrong = isNickname ? -1 : parts.findIndex((part, field) => !isField(part, field));
  if (wrong >= 0) {
    const [name, allowed] = FIELDS[wrong]!;
    return `"${cron}": field ${wrong + 1}, the ${name}, is "${parts[wrong]}"; expected ${allowed}, with *, lists (1,15), ranges (1-5) and steps (*/5)`;
  }
  if (nextDues({ cron, timezone: 'UTC' }, 1, new Date()).length > 0) return null;
  return `"${cron}" names a day that never comes`;
}

function isField(part: string, field: number): boolean {
  if (part.includes('?')) return false;
  try {
    expressionFields(FIELDS.map((_, i) => (i === field ? part : '*')).join(' '));
    return true;
  } catch {
    return false;
  }
}

const clocks = new Map<string, Cron>();

/** Kept, because the rules of a zone take longer to load than to use. */
function clockOf({ cron, timezone }: Timing): Cron {
  const key = `${timezone} ${cron}`;
  const clock = clocks.get(key) ?? new Cron(cron, { ...RULES, timezone, paused: true });
  clocks.set(key, clock);
  return clock;
}
