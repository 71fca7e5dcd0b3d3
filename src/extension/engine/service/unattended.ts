import path from 'node:path';
import { inspectConfig } from '../../../engine/config/load.ts';
import { afterRetrain, notified } from '../../../engine/notification/after-operation.ts';
import type { OpenProjectOptions } from '../../../engine/project.ts';
import { followBatch, watchedBatch } from '../../../engine/retraining/after-batch.ts';
import { retrain } from '../../../engine/retraining/retrain.ts';
import { describeTiming } from '../../../engine/scheduling/description.ts';
import {
  addSchedule,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
} from '../../../engine/scheduling/edit-schedules.ts';
import { nextDues } from '../../../engine/scheduling/expression.ts';
import { installSchedules } from '../../../engine/scheduling/install-schedules.ts';
import { installLauncher } from '../../../engine/scheduling/launcher.ts';
import { listSchedules, scheduleHistory } from '../../../engine/scheduling/list-schedules.ts';
import { PRESETS } from '../../../engine/scheduling/presets.ts';
import { runSchedule } from '../../../engine/scheduling/run-schedule.ts';
import { timingProblems } from '../../../engine/scheduling/schedule-findings.ts';
import { EngineError } from '../../../engine/support/errors.ts';
import type { LogEntry } from '../../../engine/support/operation-log.ts';
import type { ProjectRef } from '../../../protocol/engine-api.ts';
import type {
  BatchRequest,
  RetrainRequest,
  SchedulePreset,
  Timing,
  TimingExplanation,
  UnattendedApi,
} from '../../../protocol/unattended-api.ts';
import { batchOutputs, batchPreview } from './batch-files.ts';
import type { ProjectPool } from './project-pool.ts';
import type { Requests } from './requests.ts';
import { RetrainingPlans } from './retraining-plans.ts';

const EDITS = { remove: removeSchedule, pause: pauseSchedule, resume: resumeSchedule };

/** Batches, retraining and schedules, as the editor asks for them. Whoever asks watches, and needs no mail about a failure. */
export function unattended(pool: ProjectPool, requests: Requests, onLog: (entry: LogEntry) => void): UnattendedApi {
  const plans = new RetrainingPlans(pool);
  const options = ({ configFile, trusted }: ProjectRef): OpenProjectOptions => ({
    configFile,
    env: pool.envOf(configFile),
    readOnly: !trusted,
    isOffline: !trusted,
    onLog,
  });
  return {
    batch: (ref, request, requestId) =>
      requests.run(requestId, (control) => batch(pool, ref, { ...request, ...control })),
    batchOutputs: async ({ configFile }, span) => batchOutputs(configOf(configFile), path.dirname(configFile), span),
    batchPreview: async ({ configFile }, manifest) => batchPreview(configOf(configFile), manifest),
    retrain: (ref, request, requestId) =>
      requests.run(requestId, (control) => retrainNow(pool, ref, { ...request, ...control })),
    retrainingPlan: (ref) => plans.get(ref),
    schedules: async (ref) => listSchedules(options(ref)),
    firings: async (ref, id, limit) => scheduleHistory(id, limit, options(ref)),
    schedulePresets: async () => Object.entries(PRESETS).map(preset),
    explainTiming: async (timing) => explain(timing),
    addSchedule: async (ref, schedule) => addSchedule(schedule, options(ref)),
    changeSchedule: async (ref, id, change) => EDITS[change](id, options(ref)),
    runSchedule: async (ref, id, requestId) => {
      requireTrusted(ref);
      return requests.run(requestId, (control) => runSchedule(id, { ...options(ref), ...control, now: true }));
    },
    installSchedules: async (ref, request) => installSchedules({ ...options(ref), ...request }),
    installCommandLine: async () => installLauncher(),
  };
}

type Controlled<Request> = Request & { signal?: AbortSignal | undefined };

function batch(pool: ProjectPool, ref: ProjectRef, request: Controlled<BatchRequest>) {
  if (request.dryRun) return pool.read(ref, noModel, (project) => watchedBatch(project, request));
  return pool.write(
    ref,
    (project) =>
      notified(
        { project, operation: 'batch', isAttended: true },
        () => watchedBatch(project, request),
        (_project, result) => followBatch(project, result),
      ),
    { signal: request.signal },
  );
}

function retrainNow(pool: ProjectPool, ref: ProjectRef, request: Controlled<RetrainRequest>) {
  if (request.dryRun) return pool.read(ref, noModel, (project) => retrain(project, request));
  return pool.write(
    ref,
    (project) =>
      notified({ project, operation: 'retrain', isAttended: true }, () => retrain(project, request), afterRetrain),
    { createStore: true, signal: request.signal },
  );
}

function noModel(): never {
  throw new EngineError('not-found', 'Nothing has been trained yet, so nothing is in production.', {
    fix: 'Train a model and deploy it first.',
  });
}

/** As it can be read; what is wrong with it, the operations say. */
function configOf(configFile: string) {
  return inspectConfig({ file: configFile }).config;
}

function preset([name, { operation, cron, timezone }]: [string, Omit<SchedulePreset, 'name' | 'description'>]) {
  return { name, operation, cron, timezone, description: describeTiming({ cron, timezone }) };
}

function explain(timing: Timing): TimingExplanation {
  const [problem] = timingProblems(timing);
  if (problem !== undefined) return { problem: problem.message, description: '', next: [] };
  const next = nextDues(timing, 5, new Date()).map((due) => due.toISOString());
  return { problem: null, description: describeTiming(timing), next };
}

function requireTrusted({ trusted }: ProjectRef): void {
  if (trusted) return;
  throw new EngineError('untrusted-workspace', 'This workspace is not trusted, so nothing is run.', {
    fix: 'Trust the workspace (command "Workspaces: Manage Workspace Trust") and try again.',
  });
}
