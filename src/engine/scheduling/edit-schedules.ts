import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { parseSetFlag } from '../config/overrides.ts';
import type { OpenProjectOptions } from '../project.ts';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';
import { LeaseStore } from '../support/leases.ts';
import { type ScheduleEntry, withEnabled, withoutSchedule, withSchedule } from './config-edit.ts';
import { describeTiming } from './description.ts';
import { nextDues } from './expression.ts';
import { FiringHistory } from './firings.ts';
import type { ScheduleChangeResult } from './results.ts';
import { findSchedule, type Schedule, stateFile } from './schedule.ts';
import { requireValidSchedules, timingProblems } from './schedule-findings.ts';

/** A schedule to be: what is left out has its default. */
export type NewSchedule = Pick<Schedule, 'id' | 'operation' | 'cron'> &
  Partial<Omit<Schedule, 'id' | 'operation' | 'cron'>>;

/**
 * Adds a schedule to config.yaml, which keeps its comments and formatting. It counts from now on; nothing runs it before it is
 * installed.
 * @throws EngineError `usage` for an expression, a zone or a name that cannot be; `lock-held` while another process edits
 */
export function addSchedule(added: NewSchedule, options: OpenProjectOptions = {}): ScheduleChangeResult {
  const { timezone = 'UTC' } = added;
  requireUsable(added, timezone);
  return editConfig(options, 'added', added.id, ({ text, loaded }) => {
    requireFree(loaded, added.id);
    return withSchedule(text, entryOf({ ...added, timezone }));
  });
}

/** Removes a schedule from config.yaml; its history stays. */
export function removeSchedule(id: string, options: OpenProjectOptions = {}): ScheduleChangeResult {
  return editConfig(options, 'removed', id, ({ text, index }) => withoutSchedule(text, index()));
}

/** Sets `enabled` in config.yaml. What is installed stays and does nothing while a schedule is paused. */
export function pauseSchedule(id: string, options: OpenProjectOptions = {}): ScheduleChangeResult {
  return editConfig(options, 'paused', id, ({ text, index }) => withEnabled(text, index(), false));
}

/** The opposite of `pauseSchedule`. A due instant that passed meanwhile is caught up with when `catch_up` is on. */
export function resumeSchedule(id: string, options: OpenProjectOptions = {}): ScheduleChangeResult {
  return editConfig(options, 'resumed', id, ({ text, index }) => withEnabled(text, index(), true));
}

interface Draft {
  text: string;
  loaded: LoadedConfig;
  /** Position of the schedule in the list. */
  index(): number;
}

type Change = Exclude<ScheduleChangeResult['status'], 'unchanged'>;

/** One edit at a time, of the file as it is at that moment. */
function editConfig(
  options: OpenProjectOptions,
  status: Change,
  id: string,
  edit: (draft: Draft) => string,
): ScheduleChangeResult {
  const file = path.resolve(options.configFile ?? 'config.yaml');
  requireWritable(options);
  // Makes the folder of the lock, too.
  const history = FiringHistory.open(path.dirname(file));
  const leases = new LeaseStore(stateFile(path.dirname(file)));
  try {
    leases.acquire('schedules:config.yaml');
    const schedule = changeFile(file, options, status, id, edit);
    if (schedule === null) return changeResult('unchanged', requireSchedule(file, options, id), options);
    const now = options.clock?.() ?? new Date();
    if (status === 'added') history.originOf(schedule, now, now);
    return changeResult(status, schedule, options);
  } finally {
    leases.close();
    history.close();
  }
}

/** @returns the schedule that was changed; null when it was like that already */
function changeFile(
  file: string,
  options: OpenProjectOptions,
  status: Change,
  id: string,
  edit: (draft: Draft) => string,
): Schedule | null {
  const loaded = loadConfig(inspection(file, options));
  // A schedule that cannot be used can still be removed.
  if (status !== 'removed') requireValidSchedules(loaded);
  const find = () => findSchedule(loaded.config, id);
  if ((status === 'paused' || status === 'resumed') && find().enabled === (status === 'resumed')) return null;
  const index = () => loaded.config.schedules.indexOf(find());
  const edited = edit({ text: readFileSync(file, 'utf8'), loaded, index });
  const after = loadConfig({ ...inspection(file, options), text: edited });
  writeFileWhole(file, edited);
  return status === 'removed' ? find() : findSchedule(after.config, id);
}

function requireSchedule(file: string, options: OpenProjectOptions, id: string): Schedule {
  return findSchedule(loadConfig(inspection(file, options)).config, id);
}

function inspection(file: string, { env, set }: OpenProjectOptions) {
  return { file, overrides: (set ?? []).map(parseSetFlag), env: env ?? process.env };
}

function requireWritable({ readOnly }: OpenProjectOptions): void {
  if (!readOnly) return;
  throw new EngineError('untrusted-workspace', 'This workspace is not trusted, so config.yaml is not changed.', {
    fix: 'Trust the workspace (command "Workspaces: Manage Workspace Trust") and try again.',
  });
}

function requireUsable({ id, cron }: NewSchedule, timezone: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(id)) {
    throw new EngineError('usage', `"${id}" cannot be the name of a schedule; expected letters, digits, - and _.`, {
      fix: 'Choose a name such as nightly-batch.',
    });
  }
  const [problem] = timingProblems({ cron, timezone });
  if (!problem) return;
  throw new EngineError('usage', `${problem.key === 'cron' ? '--cron' : '--timezone'}: ${sentence(problem.message)}`, {
    fix:
      problem.key === 'timezone'
        ? `Write --timezone ${problem.replacement ?? 'Europe/Berlin'}.`
        : 'Write, for example, --cron "0 13 * * *" for 13:00 every day.',
    ...(problem.replacement === undefined ? {} : { nearest: problem.replacement }),
  });
}

/** Ends as a sentence, unless it is a question already. */
function sentence(text: string): string {
  return text.endsWith('?') ? text : `${text}.`;
}

function requireFree({ config }: LoadedConfig, id: string): void {
  if (!config.schedules.some((schedule) => schedule.id === id)) return;
  throw new EngineError('usage', `config.yaml has a schedule "${id}" already.`, {
    fix: `Choose another name, or remove it first: gnu-mlops schedule remove ${id}`,
  });
}

/** What is written: defaults are left out, except the zone, which nobody should have to guess. */
function entryOf({
  id,
  operation,
  cron,
  timezone,
  enabled = true,
  jitter_seconds = 0,
  catch_up = true,
}: NewSchedule & { timezone: string }): ScheduleEntry {
  return {
    ...{ id, operation, cron, timezone },
    ...(enabled ? {} : { enabled }),
    ...(jitter_seconds > 0 ? { jitter_seconds } : {}),
    ...(catch_up ? {} : { catch_up }),
  };
}

function changeResult(
  status: ScheduleChangeResult['status'],
  schedule: Schedule,
  { clock }: OpenProjectOptions,
): ScheduleChangeResult {
  const { id, operation, cron, timezone, enabled } = schedule;
  const next = enabled && status !== 'removed' ? nextDues(schedule, 5, clock?.() ?? new Date()) : [];
  const times = next.map((due) => due.toISOString());
  return {
    schema: 1,
    status,
    schedule: { id, operation, cron, timezone, description: describeTiming(schedule), enabled, next: times },
  };
}
