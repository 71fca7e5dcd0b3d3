import path from 'node:path';
import type {
  ScheduleChangeResult,
  ScheduleInstallResult,
  ScheduleListResult,
  ScheduleRunResult,
  ScheduleSummary,
} from '../../engine/scheduling/results.ts';
import { type StyledCell, table } from './table.ts';

/** Every schedule in a line, and below what needs somebody. */
export function listText({ schedules, orphans }: ScheduleListResult): string {
  if (schedules.length === 0 && orphans.length === 0) return 'No schedules. Add one: gnu-mlops schedule add';
  const rows = schedules.map((schedule) => [
    schedule.id,
    schedule.operation,
    schedule.description,
    schedule.enabled ? zoned(schedule.next[0], schedule.timezone) : { text: 'paused', style: 'yellow' as const },
    lastCell(schedule),
    installedCell(schedule),
  ]);
  const remarks = [...schedules.flatMap(remarksOf), ...orphans.map(orphanText)];
  const list = table(['id', 'operation', 'when', 'next', 'last', 'installed'], rows);
  return [list, ...(remarks.length > 0 ? ['', ...remarks] : [])].join('\n');
}

/** What was changed, in words, with the next five times. */
export function changeText({ status, schedule }: ScheduleChangeResult): string {
  const { id, operation, cron, timezone, description, next, enabled } = schedule;
  const head = {
    added: `Added ${id}: ${operation}, "${cron}".`,
    removed: `Removed ${id}.`,
    paused: `Paused ${id}.`,
    resumed: `Resumed ${id}.`,
    unchanged: `Unchanged: ${id} is ${enabled ? 'not paused' : 'paused already'}.`,
  }[status];
  const times = next.map((due) => `  ${zoned(due, timezone)}`);
  const when = times.length === 0 ? [] : [`${description}. The next five times:`, ...times];
  const last = {
    added: 'Next: gnu-mlops schedule install',
    removed: 'Next, if it is installed: gnu-mlops schedule install',
  };
  return [head, ...when, ...(status in last ? ['', last[status as keyof typeof last]] : [])].join('\n');
}

/** What `schedule run` did, for a person. */
export function runText({ id, status, due, exit_code, duration_ms, log, next }: ScheduleRunResult): string {
  const again = next === null ? '' : ` Next: ${next}.`;
  if (status === 'not-due') return `${id} is not due.${again}`;
  if (status === 'paused') return `${id} is paused. Go on: gnu-mlops schedule resume ${id}`;
  if (status === 'missed') return `${id} missed ${due} and does not catch up.${again}`;
  return `${id}: ${status}, exit code ${exit_code}, ${((duration_ms ?? 0) / 1000).toFixed(1)} s. Log: ${log}\n${again.trim()}`;
}

/** The plan and what became of it. */
export function installText({ status, target, changes, launcher, remarks }: ScheduleInstallResult): string {
  const steps = changes.map(({ action, id, entry }) => `${action.padEnd(8)}${id}\n${indented(entry)}`);
  const head = {
    installed: `Installed into ${target}.`,
    uninstalled: `Taken out of ${target}.`,
    unchanged: `Unchanged: ${target} holds what config.yaml says.`,
    'dry-run': 'Dry run: nothing was changed.',
  }[status];
  const runner = launcher !== null && status === 'installed' ? [`They run ${launcher}.`] : [];
  return [...(status === 'unchanged' ? [] : steps), head, ...runner, ...remarks].join('\n');
}

function indented(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => `        ${line}`.trimEnd())
    .join('\n');
}

/** An instant on the clock of a zone: "Wed 2026-11-25 13:00 PST". */
function zoned(instant: string | undefined, zone: string): string {
  if (instant === undefined) return '-';
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...({ weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' } as const),
    ...({ hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const),
  });
  const parts = Object.fromEntries(format.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]));
  const { weekday, year, month, day, hour, minute, timeZoneName } = parts;
  return `${weekday} ${year}-${month}-${day} ${hour}:${minute} ${timeZoneName}`;
}

function lastCell({ last, never_fired, timezone }: ScheduleSummary): StyledCell | string {
  if (never_fired) return { text: 'never fired', style: 'red' };
  if (last === null) return '-';
  const text = `${last.status}, ${zoned(last.started, timezone)}`;
  const isGood = last.status === 'done' || last.status === 'running';
  return { text, style: isGood ? 'green' : last.status === 'missed' ? 'yellow' : 'red' };
}

function installedCell({ targets }: ScheduleSummary): StyledCell | string {
  if (targets.length === 0) return { text: 'no', style: 'yellow' };
  const text = targets.map(({ target, status }) => (status === 'current' ? target : `${target} (outdated)`)).join(', ');
  return { text, style: targets.every(({ status }) => status === 'current') ? 'green' : 'yellow' };
}

function remarksOf({ id, last, never_fired, targets, enabled }: ScheduleSummary): string[] {
  const outdated = targets.filter(({ status }) => status === 'outdated');
  return [
    ...(never_fired
      ? [
          `${id} was due and never fired: ${targets.length === 0 ? 'install it' : 'see whether cron runs'} (gnu-mlops schedule install).`,
        ]
      : []),
    ...(targets.length === 0 && enabled && !never_fired ? [`${id} is not installed: gnu-mlops schedule install`] : []),
    ...outdated.map(
      ({ target }) => `${id} in ${target} is not what config.yaml says: gnu-mlops schedule install --target ${target}`,
    ),
    ...(last !== null && last.status === 'failed' && last.log !== null
      ? [`${id} failed with exit code ${last.exit_code}: ${path.relative('', last.log)}`]
      : []),
  ];
}

function orphanText({ target, id }: { target: string; id: string }): string {
  return `${id} is in ${target} but not in config.yaml any more: gnu-mlops schedule install --target ${target}`;
}
