import path from 'node:path';
import type { CronPattern } from 'croner';
import { EngineError } from '../../support/errors.ts';
import { expressionFields, namedValues } from '../expression.ts';
import type { Schedule } from '../schedule.ts';
import { type EntryFiles, readEntries, writeEntries } from './files.ts';
import type { ScheduleTarget, TargetContext } from './target.ts';

/** `schedule` of a Databricks job: Jobs API 2.2, CronSchedule. */
export interface DatabricksSchedule {
  quartz_cron_expression: string;
  timezone_id: string;
  pause_status: 'UNPAUSED' | 'PAUSED';
}

/** Settings of a Databricks job for each schedule, below `databricks-jobs/` beside config.yaml. */
export function databricksTarget(context: TargetContext): ScheduleTarget {
  const files: EntryFiles = {
    folder: path.join(path.dirname(context.configFile), 'databricks-jobs'),
    namesOf: (id) => [`${id}.json`],
    idOf: (name) => (name.endsWith('.json') ? name.slice(0, -'.json'.length) : null),
    marker: '"managed-by": "gnu-mlops"',
  };
  return {
    name: 'databricks',
    usesLauncher: false,
    unavailable: () => null,
    entry: (schedule) => {
      const job = {
        name: `gnu-mlops: ${schedule.id}`,
        schedule: databricksSchedule(schedule),
        // The same as our lock: a firing never overlaps the one before.
        max_concurrent_runs: 1,
        queue: { enabled: false },
        tags: { 'managed-by': 'gnu-mlops', operation: schedule.operation },
      };
      return `${JSON.stringify(job, null, 2)}\n`;
    },
    installed: () => readEntries(files),
    write: (entries) => {
      writeEntries(files, entries);
      return entries.size === 0
        ? []
        : [
            'Put the settings into the job: databricks jobs update --json "{\\"job_id\\": ID, \\"new_settings\\": ...}"',
          ];
    },
  };
}

/**
 * The schedule in Quartz's terms: seconds first, names for weekdays because Quartz counts them from 1, and `?` for the one of day
 * of month and day of week that says nothing.
 * @throws EngineError `unsupported` for what Quartz cannot say
 */
export function databricksSchedule({ id, cron, timezone, enabled }: Schedule): DatabricksSchedule {
  const fields = expressionFields(cron);
  const problem = quartzProblem(fields);
  if (problem !== null) {
    throw new EngineError('unsupported', `Databricks cannot run "${id}" (${cron}): ${problem}.`, {
      fix: 'Write it as two schedules, or install it on a machine: gnu-mlops schedule install --target crontab',
    });
  }
  const minute = list(namedValues(fields.minute), 60);
  const hour = list(namedValues(fields.hour), 24);
  const month = list(
    namedValues(fields.month).map((value) => value + 1),
    12,
  );
  return {
    quartz_cron_expression: `0 ${minute} ${hour} ${dayOfMonth(fields)} ${month} ${dayOfWeek(fields)}`,
    timezone_id: timezone,
    pause_status: enabled ? 'UNPAUSED' : 'PAUSED',
  };
}

/** croner's mark for "every one of them in the month"; other bits are for MON#1. */
const EVERY = 0b100000;
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

function quartzProblem(fields: CronPattern): string | null {
  if (!fields.starDOM && !fields.starDOW)
    return 'it names days of the month and days of the week, and Quartz takes one of both';
  const isNth = fields.dayOfWeek.some((bits) => bits !== 0 && (bits & EVERY) === 0);
  if (isNth && namedValues(fields.dayOfWeek).length > 1)
    return 'it names several weekdays by their number in the month';
  const isMixed = fields.lastDayOfMonth && namedValues(fields.day).length > 0;
  const hasOthers = fields.lastWeekday || fields.nearestWeekdays.some(Boolean);
  return isMixed || hasOthers ? 'its day of the month is more than numbers or L' : null;
}

function dayOfMonth({ starDOM, starDOW, lastDayOfMonth, day }: CronPattern): string {
  if (!starDOW) return '?';
  if (lastDayOfMonth) return 'L';
  return starDOM
    ? '*'
    : list(
        namedValues(day).map((value) => value + 1),
        31,
      );
}

function dayOfWeek({ starDOW, dayOfWeek: days }: CronPattern): string {
  if (starDOW) return '?';
  const names = namedValues(days).map((day) => {
    const nth = Math.log2(days[day]! & ~EVERY) + 1;
    return (days[day]! & EVERY) !== 0 ? WEEKDAYS[day]! : `${day + 1}#${nth}`;
  });
  return names.join(',');
}

function list(values: number[], all: number): string {
  return values.length === all ? '*' : values.join(',');
}
