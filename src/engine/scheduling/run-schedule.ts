import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bestOfConfig } from '../config/best-of-config.ts';
import { type LoadConfigOptions, type LoadedConfig, loadConfig } from '../config/load.ts';
import { parseSetFlag } from '../config/overrides.ts';
import { afterFailure } from '../notification/after-operation.ts';
import { canTell } from '../notification/teller.ts';
import { type OpenProjectOptions, openProject, storelessProject } from '../project.ts';
import { EngineError, exitCodeOf, toEngineError } from '../support/errors.ts';
import { type Lease, LeaseStore } from '../support/leases.ts';
import type { OperationLog } from '../support/operation-log.ts';
import { type OperationControl, throwIfCancelled } from '../support/progress.ts';
import { judge, type Verdict } from './due.ts';
import { nextDues } from './expression.ts';
import { FiringHistory } from './firings.ts';
import { jitterDelay } from './jitter.ts';
import { lastKnownSchedule } from './last-known.ts';
import { OPERATIONS, type OperationEnd, type OperationTable } from './operations.ts';
import { ensureProjectId } from './project-id.ts';
import type { ScheduleRunResult } from './results.ts';
import { findSchedule, type Schedule, stateFile } from './schedule.ts';
import { requireValidSchedules } from './schedule-findings.ts';
import { judgeTrigger } from './utc-triggers.ts';

export interface RunScheduleOptions extends OpenProjectOptions, OperationControl {
  /** Start it whether it is due or not, even when it is paused. */
  now?: boolean | undefined;
  /**
   * The UTC expression that started this process, where no history is kept between two firings (GitHub Actions): the schedule is
   * due when one of its instants lies between this trigger and the one before.
   */
  trigger?: string | undefined;
  /** What the operations are; tests give their own. */
  operations?: OperationTable;
}

/** Everything about one firing that stays the same while it runs. */
interface Attempt {
  loaded: LoadedConfig;
  baseDir: string;
  schedule: Schedule;
  clock: () => Date;
  options: RunScheduleOptions;
  /** Why the configuration cannot be used; null when it can. */
  refusal: EngineError | null;
}

/**
 * Runs a schedule's operation when it is due, and writes down how that ended. Made to be called every quarter of an hour.
 * @throws EngineError `not-found`, `invalid-config`, `lock-held` while the firing before is still at work, and whatever the
 * operation throws; all but the first are written down too, when the schedule was due
 */
export async function runSchedule(id: string, options: RunScheduleOptions = {}): Promise<ScheduleRunResult> {
  const file = path.resolve(options.configFile ?? 'config.yaml');
  const overrides = (options.set ?? []).map(parseSetFlag);
  const source = { file, overrides, env: options.env ?? process.env };
  const clock = options.clock ?? (() => new Date());
  const shared = { baseDir: path.dirname(file), clock, options };
  let loaded: LoadedConfig;
  let schedule: Schedule;
  try {
    loaded = loadConfig(source);
    schedule = findSchedule(loaded.config, id);
    requireValidSchedules(loaded);
  } catch (error) {
    if (EngineError.is(error, 'invalid-config')) await recordRefusal(id, source, { ...shared, refusal: error });
    throw error;
  }
  const attempt: Attempt = { ...shared, loaded, schedule, refusal: null };
  if (!schedule.enabled && !options.now) return report(attempt, 'paused');
  const history = FiringHistory.open(attempt.baseDir);
  try {
    const verdict = decide(attempt, history);
    if (verdict.kind === 'wait') return report(attempt, 'not-due');
    return await settle(attempt, history, verdict.kind, verdict.due);
  } finally {
    history.close();
  }
}

/**
 * A configuration that cannot be loaded when the schedule is due is a failure like any other: it has a line in the history, a log
 * and, as far as the configuration can be read, a mail.
 * @throws EngineError as `fire` does, when there was something to fire
 */
async function recordRefusal(
  id: string,
  source: LoadConfigOptions,
  shared: Omit<Attempt, 'loaded' | 'schedule'>,
): Promise<void> {
  // Where there never was a project none is begun.
  if (!existsSync(source.file) && !existsSync(stateFile(shared.baseDir))) return;
  const loaded = bestOfConfig(source);
  const history = historyIfWritable(shared.baseDir);
  try {
    const schedule = history && lastKnownSchedule(id, loaded, history);
    if (!history || !schedule || !(schedule.enabled || shared.options.now)) return;
    const attempt: Attempt = { ...shared, loaded, schedule };
    const verdict = decide(attempt, history);
    if (verdict.kind !== 'wait') await settle(attempt, history, verdict.kind, verdict.due);
  } finally {
    history?.close();
  }
}

/** Null where it cannot be written: why the configuration is refused is what people have to hear first. */
function historyIfWritable(baseDir: string): FiringHistory | null {
  try {
    return FiringHistory.open(baseDir);
  } catch {
    return null;
  }
}

function decide({ schedule, options, loaded, clock }: Attempt, history: FiringHistory): Verdict {
  const now = clock();
  if (options.now) return { kind: 'fire', due: now };
  if (options.trigger !== undefined) return judgeTrigger(schedule, options.trigger, now);
  history.setAsideMisdated(schedule.id, now);
  const since = history.originOf(schedule, statSync(loaded.file, { throwIfNoEntry: false })?.mtime ?? now, now);
  return judge(schedule, history.dueRecord(schedule.id, since, now), now);
}

/** The due instant is written down before anything else, so that it is taken care of once, whoever else comes. */
async function settle(
  attempt: Attempt,
  history: FiringHistory,
  kind: 'fire' | 'missed',
  due: Date,
): Promise<ScheduleRunResult> {
  const { schedule, clock } = attempt;
  const started = clock();
  const firing = history.begin(schedule, due, started);
  if (firing === null) return report(attempt, 'not-due');
  const log = storelessProject(attempt.loaded, attempt.options).startLog('schedule');
  history.setLog(firing, `${log.stem}.log`);
  if (kind === 'missed') {
    const lateBy = Math.round((started.getTime() - due.getTime()) / 60_000);
    log.write('warning', `${schedule.id}: missed by ${lateBy} minutes, and catch_up is off.`, {
      due: due.toISOString(),
    });
    history.end(firing, { status: 'missed', ended: started, exitCode: null, log: null });
    return report(attempt, 'missed', { due, started, log });
  }
  return fire(attempt, history, { firing, due, started, log });
}

interface Beginning {
  firing: number;
  due: Date;
  started: Date;
  log: OperationLog;
}

async function fire(attempt: Attempt, history: FiringHistory, beginning: Beginning): Promise<ScheduleRunResult> {
  const { schedule, clock, baseDir } = attempt;
  const { firing, due, started, log } = beginning;
  const leases = new LeaseStore(stateFile(baseDir));
  try {
    const lease = takeLease(leases, attempt, beginning);
    tellInterrupted(history, lease, beginning, schedule.id);
    log.write('info', `${schedule.id}: ${schedule.operation}, due ${due.toISOString()}.`, { schedule: schedule.id });
    const { exitCode, logFile } = await perform(attempt, beginning);
    if (logFile !== null) log.write('info', `The operation's own log is ${logFile}.`, { operation_log: logFile });
    const status = exitCode === 0 ? 'done' : 'failed';
    log.write(exitCode === 0 ? 'info' : 'error', `${schedule.id}: ${status}, exit code ${exitCode}.`);
    history.end(firing, { status, ended: clock(), exitCode, log: null });
    return report(attempt, status, { due, started, log, exitCode });
  } catch (thrown) {
    const error = recordFailure(attempt, history, beginning, thrown);
    await tellFailure(attempt, error, started);
    throw error;
  } finally {
    leases.close();
  }
}

/** @throws Overlap while another process holds the lock */
function takeLease(leases: LeaseStore, { schedule }: Attempt, { started }: Beginning): Lease {
  try {
    return leases.acquire(`schedule:${schedule.id}`, started);
  } catch (error) {
    throw EngineError.is(error, 'lock-held') ? new Overlap(schedule.id, error) : error;
  }
}

/** The firing before is still at work. */
class Overlap extends EngineError {
  constructor(id: string, { message, details }: EngineError) {
    super(
      'lock-held',
      `The firing of "${id}" before this one is still at work, so this one is left out. ${message}`,
      details,
    );
  }
}

/** Waits out the jitter, opens the project and does the work. */
async function perform(
  { schedule, options, baseDir, refusal }: Attempt,
  { due, log }: Beginning,
): Promise<OperationEnd> {
  if (refusal) throw refusal;
  const wait = options.now ? 0 : jitterDelay(schedule, due, ensureProjectId(baseDir));
  if (wait > 0)
    log.write('info', `Waiting ${(wait / 1000).toFixed(1)} s: jitter_seconds is ${schedule.jitter_seconds}.`);
  await delay(wait, undefined, options.signal ? { signal: options.signal } : {});
  throwIfCancelled(options.signal);
  const project = await openProject({ ...options, schedule: schedule.id });
  try {
    const control = { signal: options.signal, onProgress: options.onProgress };
    return await (options.operations ?? OPERATIONS)[schedule.operation](project, control);
  } finally {
    await project.close();
  }
}

function recordFailure(
  attempt: Attempt,
  history: FiringHistory,
  { firing, log }: Beginning,
  thrown: unknown,
): EngineError {
  const { schedule, clock } = attempt;
  const error = toEngineError(thrown);
  const exitCode = exitCodeOf(error);
  log.write('error', `${schedule.id}: ${error.message}`, { reason: error.reason, exit_code: exitCode });
  if (error.details.fix !== undefined) log.write('info', `To do: ${error.details.fix}`);
  const other = error.reason === 'cancelled' ? 'cancelled' : 'failed';
  const status = error instanceof Overlap ? 'overlapped' : other;
  history.end(firing, { status, ended: clock(), exitCode, log: null });
  return error;
}

/** Also when the project could not be opened: a store that is away at night is what people want to know of. */
async function tellFailure({ schedule, loaded, options }: Attempt, error: EngineError, started: Date): Promise<void> {
  if (!canTell(loaded)) return;
  const project = storelessProject(loaded, { ...options, schedule: schedule.id });
  try {
    await afterFailure(project, schedule.operation, error, started);
  } finally {
    await project.close();
  }
}

function tellInterrupted(history: FiringHistory, lease: Lease, { firing, log }: Beginning, id: string): void {
  for (const { due, started } of history.markInterrupted(id, firing)) {
    const message = `The firing that was due ${iso(due)} and began ${iso(started)} was interrupted: its process is gone.`;
    log.write('warning', message, { schedule: id, owner: lease.takenFrom });
  }
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

function report(
  { schedule, clock }: Attempt,
  status: ScheduleRunResult['status'],
  facts?: { due: Date; started: Date; log: OperationLog; exitCode?: number },
): ScheduleRunResult {
  const now = clock();
  const next = schedule.enabled ? nextDues(schedule, 1, now)[0] : undefined;
  return {
    schema: 1,
    id: schedule.id,
    status,
    due: facts?.due.toISOString() ?? null,
    started: facts?.started.toISOString() ?? null,
    exit_code: facts?.exitCode ?? null,
    duration_ms: facts ? Math.max(0, now.getTime() - facts.started.getTime()) : null,
    log: facts ? `${facts.log.stem}.log` : null,
    next: next?.toISOString() ?? null,
  };
}
