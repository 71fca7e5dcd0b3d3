import { CHECK_MINUTES } from './due.ts';
import { expressionFields, namedValues } from './expression.ts';

/**
 * Minutes of the hour at which a schedule is looked at: those that its expression names, and every quarter of an hour from
 * them. All offsets from UTC in use, summer time's too, are whole quarters, so whatever the zone of the schedule and the zone of
 * the machine are, each due instant falls on one of these minutes; an instant that is moved out of a gap of the clock is seen
 * within a quarter.
 */
export function checkMinutes(cron: string): number[] {
  const named = namedValues(expressionFields(cron).minute);
  const quarters = Array.from({ length: 60 / CHECK_MINUTES }, (_, i) => i * CHECK_MINUTES);
  const all = named.flatMap((minute) => quarters.map((quarter) => (minute + quarter) % 60));
  return [...new Set(all)].sort((a, b) => a - b);
}

/** As crontab(5) and systemd.time(7) write them. */
export function minuteField(cron: string): string {
  const minutes = checkMinutes(cron);
  return minutes.length === 60 ? '*' : minutes.join(',');
}
