import cronstrue from 'cronstrue';
import type { Timing } from './schedule.ts';

/** A schedule's expression in words: "At 13:00, America/Los_Angeles". */
export function describeTiming({ cron, timezone }: Timing): string {
  const words = cronstrue.toString(cron, { use24HourTimeFormat: true, throwExceptionOnParseError: false });
  return `${words}, ${timezone}`;
}
