import type { Verdict } from './due.ts';
import { expressionFields, latestDue, namedValues } from './expression.ts';
import type { Schedule, Timing } from './schedule.ts';
import { offsetsOf } from './zone-offsets.ts';

const DAY_MINUTES = 24 * 60;
/** More expressions than this are drawn together, minutes of one hour into one. */
const MANY = 24;

/**
 * Expressions in UTC whose instants cover every due instant of a schedule, whatever offset its zone has on that day: for
 * schedulers that know no zones. Which of them counts on which day is decided by `judgeTrigger`.
 */
export function utcTriggers(timing: Timing, now: Date): string[] {
  const fields = expressionFields(timing.cron);
  const everyHour = fields.hour.every(Boolean);
  const hours = namedValues(fields.hour);
  const triggers = offsetsOf(timing.timezone, now).flatMap((offset) => {
    const minutes = namedValues(fields.minute);
    const times = hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute - offset));
    return everyHour ? [hourly(minutes, offset)] : times.map((time) => daily(time, timing.cron));
  });
  const single = [...new Set(triggers.map(text))];
  return single.length <= MANY ? single : merged(triggers);
}

/**
 * Whether a schedule is due at the trigger that started this process: when one of its instants lies after the trigger before
 * and not after this one. Needs no history, and does not mind when the scheduler is late.
 * @param trigger one of `utcTriggers`
 */
export function judgeTrigger(schedule: Schedule, trigger: string, now: Date): Verdict {
  const inUtc = (cron: string, at: Date) => latestDue({ cron, timezone: 'UTC' }, at);
  const at = inUtc(trigger, now);
  const due = at && latestDue(schedule, at);
  if (!at || !due) return { kind: 'wait' };
  const justBefore = new Date(at.getTime() - 1);
  const earlier = utcTriggers(schedule, now).map((cron) => inUtc(cron, justBefore)?.getTime() ?? 0);
  return due.getTime() > Math.max(...earlier) ? { kind: 'fire', due } : { kind: 'wait' };
}

interface Trigger {
  minutes: number[];
  hours: string;
  days: string;
}

function hourly(minutes: number[], offset: number): Trigger {
  return { minutes: minutes.map((minute) => mod(minute - offset, 60)), hours: '*', days: '* * *' };
}

function daily(time: number, cron: string): Trigger {
  const inDay = mod(time, DAY_MINUTES);
  const days = daysOf(cron, Math.floor(time / DAY_MINUTES));
  return { minutes: [inDay % 60], hours: String(Math.floor(inDay / 60)), days };
}

/** Weekdays move with the offset; days of a month would need its length, so they are left to `judgeTrigger`. */
function daysOf(cron: string, shift: number): string {
  const { starDOM, starDOW, month, dayOfWeek } = expressionFields(cron);
  if (!starDOM || starDOW || !month.every(Boolean)) return '* * *';
  const weekdays = namedValues(dayOfWeek).map((day) => mod(day + shift, 7));
  return `* * ${[...new Set(weekdays)].sort((a, b) => a - b).join(',')}`;
}

/** Those of the same hours and days in one expression. One each is safer, because then it is known which one came late. */
function merged(triggers: Trigger[]): string[] {
  const groups = Map.groupBy(triggers, ({ hours, days }) => `${hours} ${days}`);
  return [...groups.values()].map((group) => text({ ...group[0]!, minutes: group.flatMap(({ minutes }) => minutes) }));
}

function text({ minutes, hours, days }: Trigger): string {
  return `${[...new Set(minutes)].sort((a, b) => a - b).join(',')} ${hours} ${days}`;
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}
